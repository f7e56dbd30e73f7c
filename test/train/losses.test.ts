// What a trainer says of a graph before it makes anything of it.
import { describe, expect, it } from 'vitest';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { sgd } from '../../src/optim/sgd';
import { Classifier } from '../../src/train/classifier';
import { addLosses } from '../../src/train/losses';
import { Trainer } from '../../src/train/trainer';
import { fakeEngine } from '../support/fake_engine';
import { smallNetwork } from '../support/small_trainer';

function network() {
  const { graph, images, scores } = smallNetwork(2);
  return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
}

describe('a trainer', () => {
  it.each([
    [{}, "the network was made for classifying and has no dropout: mode 'train' makes it for training"],
    [{ aux: false }, /^the network .* has no dropout and no auxiliary classifiers: mode 'train' makes/],
    [{ mode: 'train' }, undefined],
  ] as const)('notes what a network of %o lacks', async (options, note) => {
    const net = googlenet({ classes: 2, batch: 1, inputSize: 80, width: 1 / 16, ...options });
    const { engine } = fakeEngine();
    const trainer = await Trainer.create(engine, { ...net, heads: googlenetHeads(net), optimizer: sgd() });
    expect(trainer.notes).toEqual(note === undefined ? [] : [expect.stringMatching(note)]);
    const { parameters } = trainer;
    await Classifier.create(engine, { ...net, scores: net.scores2, parameters });
  });
});

describe('addLosses', () => {
  it('refuses a graph that has labels, and says why', () => {
    const problem =
      "trainer: the graph has 'labels' already, as one with a trainer's losses has; " +
      "give the network's own graph, with no input of this name";
    const own = network();
    own.graph.input('labels', [2], 'u32');
    expect(() => addLosses(own)).toThrow(problem);
    const given = network();
    const { graph } = addLosses(given);
    expect(() => addLosses({ ...given, graph })).toThrow(problem);
    // The network's own serves several.
    expect(addLosses(given).losses).toHaveLength(1);
  });
});
