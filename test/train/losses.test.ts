// What a trainer says of a graph before it makes anything of it.
import { describe, expect, it } from 'vitest';
import { addLosses } from '../../src/train/losses';
import { smallNetwork } from '../support/small_trainer';

function network() {
  const { graph, images, scores } = smallNetwork(2);
  return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
}

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
