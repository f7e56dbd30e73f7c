// Outputs of layers, evaluation, epochs, and gradients without an optimizer.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import { distance } from '../support/compare';
import type { epochs, evaluations, keptLayers, lossGradients, topFive } from '../support/jobs/features';
import type { Received } from '../support/wire';

describe('a classifier that keeps layers', () => {
  let report: Received<Awaited<ReturnType<typeof keptLayers>>>;
  beforeAll(async () => void (report = await call<typeof keptLayers>('keptLayers', null)));

  it('gives their outputs for each image, in the numbers of a program', () => {
    const [conv1, flat, scores] = report.found.map((all) => all.slice(0, (all.length * 6) / 8));
    expect(report.kept['conv1']?.shape).toEqual([6, 8, 6, 6]);
    expect(report.kept['conv1']?.data).toEqual(conv1);
    expect(report.kept['flat']?.shape).toEqual([6, 72]);
    expect(report.kept['flat']?.data).toEqual(flat);
    expect(report.scores).toEqual(scores);
    expect(Math.max(...(flat ?? []))).toBeGreaterThan(0.1);
    expect(Object.keys(report.kept)).toEqual(['conv1', 'flat']);
  });

  it('refuses what is no output of each image', () => {
    const unknown = 'ValueError: graph: has no value of this name; got conv3; similar: conv1';
    expect(report.messages['an unknown layer']).toContain(unknown);
    expect(report.messages['a program, an unknown layer']).toContain(unknown);
    expect(report.messages['a weight']).toBe(
      'ShapeError: classifier: keeps float32 numbers of each image, (4, ...); got fc.weight: f32 [3, 72]',
    );
  });
});

/** In float64, from scores. */
function judged(scores: readonly number[], labels: readonly number[]) {
  const classes = scores.length / labels.length;
  const rows = labels.map((label, row) => {
    const mine = scores.slice(row * classes, (row + 1) * classes);
    const share = Math.exp(mine[label] ?? NaN) / mine.reduce((sum, score) => sum + Math.exp(score), 0);
    return { loss: -Math.log(share), right: mine.indexOf(Math.max(...mine)) === label };
  });
  return {
    loss: rows.reduce((sum, { loss }) => sum + loss, 0) / rows.length,
    accuracy: rows.filter(({ right }) => right).length / rows.length,
  };
}

describe('evaluate', () => {
  let report: Received<Awaited<ReturnType<typeof evaluations>>>;
  beforeAll(async () => void (report = await call<typeof evaluations>('evaluations', null)));

  it('gives loss and accuracy of all images, whatever the batches', () => {
    const { loss, accuracy } = judged(report.scores, report.labels);
    for (const found of [report.now, report.whole]) {
      expect(found.loss).toBeCloseTo(loss, 5);
      expect(found).toMatchObject({ accuracy, count: 12 });
      expect(found.top5).toBeUndefined();
    }
    expect(report.progress).toEqual([4, 11, 12]);
  });
  it('judges the average of the weights where asked, and leaves nothing', () => {
    expect(Math.abs(report.averaged.loss - report.now.loss)).toBeGreaterThan(1e-3);
    expect(report.left).toBe(0);
  });
  it('counts the right class among five guesses', async () => {
    const { found, ranks } = await call<typeof topFive>('topFive', null);
    expect(ranks.filter((rank) => rank < 0).length).toBeGreaterThan(0);
    expect(ranks.filter((rank) => rank > 0).length).toBeGreaterThan(0);
    expect(found.top5).toBe(ranks.filter((rank) => rank >= 0).length / 12);
    expect(found.accuracy).toBe(ranks.filter((rank) => rank === 0).length / 12);
  });

  it.each([
    [
      'a label beyond the classes',
      'ValueError: evaluate: labels must be whole numbers from 0 to 2; got 3 at image 3',
    ],
    ['a label too few', 'ShapeError: evaluate: needs 4 labels; got 3'],
    ['no batches', 'ValueError: evaluate: there are no batches'],
    ['an average of a classifier', 'ValueError: evaluate: averaged needs a trainer; got a Classifier'],
    [
      'an average that nobody keeps',
      'ValueError: trainer.averaged: needs a trainer with an average; give it average',
    ],
    [
      'images that are none',
      'ShapeError: classifier.run: needs a multiple of 108 numbers, from one image; got 431',
    ],
    ['stopped', 'AbortError: evaluate: stopped by the caller; got 4 images'],
  ])('refuses %s', (what, message) => expect(report.messages[what]).toBe(message));
});

describe('fit with epochs', () => {
  let report: Received<Awaited<ReturnType<typeof epochs>>>;
  beforeAll(async () => void (report = await call<typeof epochs>('epochs', null)));

  it('goes through all batches so often, as so many steps do', () => {
    expect(report.array.losses).toHaveLength(6);
    expect(report.array.losses).toEqual(report.steps.losses);
    expect(report.set.losses).toEqual(report.steps.losses);
    expect(report.none.losses).toEqual(report.steps.losses);
    expect(report.profiles).toBe(1);
  });
  it('tells of each, with the mean of its losses', () => {
    const { array, shorter } = report;
    const mean = (losses: readonly number[]) => losses.reduce((a, b) => a + b) / losses.length;
    expect(array.told).toEqual([
      { epoch: 0, steps: 3, loss: mean(array.losses.slice(0, 3)) },
      { epoch: 1, steps: 3, loss: mean(array.losses.slice(3)) },
    ]);
    expect(shorter.told.map(({ steps }) => steps)).toEqual([3, 1]);
    expect(shorter.losses).toEqual(report.steps.losses.slice(0, 4));
  });
  it('goes on from a checkpoint of the end of an epoch with the same bits', () => {
    expect(report.resumed.step).toBe(5);
    expect(report.resumed).toEqual(report.whole);
  });

  const ANEW =
    'ValueError: trainer.fit: batches must begin anew in each epoch; got an iterator, which is gone through once; ' +
    'give an array, or a function that gives the batches of an epoch';
  it.each([
    ['a generator', ANEW],
    ['an async generator', ANEW],
    ['a function that gives a generator twice', 'ValueError: trainer.fit: epoch 1 has no batches'],
    ['no batches', 'ValueError: trainer.fit: epoch 0 has no batches'],
    [
      'both',
      'ValueError: trainer.fit: needs either steps or epochs; got ["epochs","steps","onStep","onEpoch"]',
    ],
    ['neither', 'ValueError: trainer.fit: needs either steps or epochs; got ["onStep"]'],
    ['a function for steps', 'ValueError: trainer.fit: the batches must be an object; got Function'],
    ['onEpoch for steps', 'ValueError: trainer.fit: onEpoch needs epochs; got steps'],
    ['stopped', 'AbortError: trainer.fit: stopped by the caller; got step 3'],
  ])('refuses %s', (what, message) => expect(report.messages[what]).toBe(message));
});

describe('gradients of losses', () => {
  let report: Received<Awaited<ReturnType<typeof lossGradients>>>;
  beforeAll(async () => void (report = await call<typeof lossGradients>('lossGradients', null)));

  it('of an input are the slopes of the loss', () => {
    const { data } = report.found.gradients['images']!;
    const largest = Math.max(...data.map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    expect(report.differences.length).toBeGreaterThan(5);
    // A float32 loss of about 2 is exact to 1e-7, and so is its difference over 0.02 to 1e-5.
    for (const { at, difference } of report.differences)
      expect(Math.abs((data[at] ?? NaN) - difference), `${at}`).toBeLessThan(0.01 * largest);
  });
  it('of an input alone are the same, and each call has its own', () => {
    expect(report.again.gradients['images']).toEqual(report.found.gradients['images']);
    expect(report.again.losses).toEqual(report.found.losses);
    expect(report.both[0]).toEqual(report.again);
    expect(report.both[1]).not.toEqual(report.again);
  });
  it("of weights are a trainer's, which computes more in other dispatches", () => {
    for (const name of ['conv2.weight', 'fc.bias'] as const) {
      expect(distance(report.before.gradients[name]?.data ?? [], report.trained[name]).relative).toBeLessThan(
        1e-6,
      );
      expect(Math.max(...report.trained[name])).toBeGreaterThan(0);
    }
    expect(report.found.gradients['pool1']?.shape).toEqual([4, 8, 3, 3]);
    expect(report.found.gradients['conv2.weight']?.shape).toEqual([8, 8, 1, 1]);
  });
  it('take no gradients of weights, and nothing for an optimizer', () => {
    expect(report.slots).toMatchObject({ weightGradients: 0, optimizer: 0 });
    expect(report.bytes).toBeLessThan(100e3);
  });

  it.each([
    [
      'an unknown name',
      'ValueError: graph: has no value of this name; got photo; similar: pool1, pool1.argmax',
    ],
    ['what no loss depends on', 'ValueError: gradients: no loss depends on it; got labels'],
    [
      'a label beyond the classes',
      'ValueError: gradients.run: labels must be whole numbers from 0 to 2; got 3 at image 3',
    ],
    [
      'images of another batch',
      'ShapeError: gradients.run: images must be [4, 3, 6, 6], 432 numbers; got 324',
    ],
  ])('refuse %s', (what, message) => expect(report.messages[what]).toBe(message));
});
