// Losses other than that of a trainer's own: beside PyTorch's numbers, in parts, from checkpoints, and what they refuse.
import { beforeAll, describe, expect, it } from 'vitest';
import { TARGETS } from '../../src/core/targets';
import { sgd } from '../../src/optim/sgd';
import { estimateTraining } from '../../src/train/estimate';
import { softTargets, squaredError } from '../../src/train/target_losses';
import { smallNetwork } from '../support/small_trainer';
import fixture from '../fixtures/losses.json';
import { call } from '../support/call';
import type {
  Given,
  ownLosses,
  refusedLosses,
  resumeWithLoss,
  sameLosses,
  softGradient,
  trainWithLoss,
} from '../support/jobs/losses';

/** Largest difference relative to the largest of the right numbers. */
function apart(found: readonly number[], right: readonly number[]): number {
  expect(found).toHaveLength(right.length);
  const largest = Math.max(...right.map(Math.abs));
  return Math.max(...right.map((value, index) => Math.abs((found[index] ?? NaN) - value))) / largest;
}

describe.each(fixture)('$loss $options', ({ losses, gradients, ...given }) => {
  it.each([1, 2, 4])('trains as in PyTorch, in %i micro-batches', async (microBatches) => {
    const args = { ...(given as Given), microBatches };
    const found = await call<typeof trainWithLoss>('trainWithLoss', args);
    losses.forEach((loss, step) => {
      expect(Math.abs((found.losses[step] ?? NaN) / loss - 1), `step ${step}`).toBeLessThan(1e-4);
    });
    expect(Math.abs((found.first ?? NaN) / losses[0]! - 1)).toBeLessThan(2e-6);
    for (const [name, right] of Object.entries(gradients)) {
      expect(apart(found.gradients[name] ?? [], right), name).toBeLessThan(1e-5);
      if (microBatches === 1) expect(apart(found.stepped[name] ?? [], right), name).toBeLessThan(1e-5);
    }
    expect(found.accuracy).toBeGreaterThan(0);
  });
});

it('class numbers are what a trainer takes by itself, to the bit and by the same kernels', async () => {
  const { plain, given, soft } = await call<typeof sameLosses>('sameLosses', null);
  expect(given).toEqual(plain);
  expect(plain.ops).toContain('cross_entropy');
  expect(soft.ops).toContain('soft_cross_entropy');
  soft.totals.forEach((total, step) => expect(Math.abs(total / plain.totals[step]! - 1)).toBeLessThan(1e-5));
});

// Probability - 1, in float32, would have a tenth of its digits.
it('the gradient of soft targets keeps its digits where a network is sure, and where two scores are the largest', async () => {
  for (const scores of [
    [1, 15, 0.5, -2],
    [3, 3, -14, -15],
  ]) {
    // prettier-ignore
    const found = await call<typeof softGradient>('softGradient', { scores, label: 1 });
    const others = (but: number) =>
      scores.reduce((sum, score, k) => (k === but ? sum : sum + Math.exp(score)), 0);
    const right = scores.map((score, k) => (k === 1 ? -others(1) : Math.exp(score)) / others(-1));
    right.forEach((value, k) => expect(Math.abs(found[k]! / value - 1), `${k}`).toBeLessThan(1e-5));
  }
});

it('a run with soft targets goes on with the same bits, and says where the loss is another', async () => {
  const { differing, warnings } = await call<typeof resumeWithLoss>('resumeWithLoss', null);
  expect(differing).toEqual([]);
  expect(warnings.same).toBe(null);
  expect(warnings.other).toMatch(/within rounding, not bit for bit: it was written with other options/);
});

it('a loss of ops of its own trains as a network that ends with them; targets may be planes', async () => {
  const { own, built, planes, planesInParts } = await call<typeof ownLosses>('ownLosses', null);
  expect(own).toEqual(built);
  expect(own[3]).toBeLessThan(own[0]! / 2);
  expect(planes[3]).toBeLessThan(planes[0]!);
  planesInParts.forEach((total, step) => expect(Math.abs(total / planes[step]! - 1)).toBeLessThan(1e-5));
});

it('estimates know the loss', () => {
  const { graph, images, scores } = smallNetwork(4);
  const network = { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
  const options = { target: TARGETS.gpu, optimizer: sgd() };
  const nodes = (given: object) =>
    estimateTraining({ ...network, ...given }, options).plan.nodes.map(({ op }) => op.name);
  expect(nodes({})).toContain('cross_entropy');
  expect(nodes({ loss: softTargets() })).toContain('soft_cross_entropy_grad');
  expect(nodes({ loss: squaredError() })).toContain('mean_squared_error_grad');
  expect(() => nodes({ loss: 'squaredError' })).toThrow(
    /^estimateTraining: the network: loss must be an object/,
  );
});

describe('refuses', () => {
  let report: Awaited<ReturnType<typeof refusedLosses>>;
  beforeAll(async () => void (report = await call<typeof refusedLosses>('refusedLosses', null)));

  const NOT_TARGETS = 'ValueError: trainer.step: labels must be a Float32Array of targets; got';
  it.each([
    ['class numbers for targets', `${NOT_TARGETS} Uint32Array`],
    ['an array of numbers', `${NOT_TARGETS} Array`],
    ['no targets', `${NOT_TARGETS} Undefined`],
    ['too few targets', 'ShapeError: trainer.step: labels must be [4, 3], 12 targets; got 9'],
    ['a share above 1', 'ValueError: trainer.step: targets must be numbers from 0 to 1; got 1.5 at image 2'],
    [
      'a share below 0',
      'ValueError: trainer.step: targets must be numbers from 0 to 1; got -0.10000000149011612 at image 2',
    ],
    ['a share of NaN', 'ValueError: trainer.step: targets must be numbers from 0 to 1; got NaN at image 3'],
    [
      'a binary target of 2',
      'ValueError: trainer.step: targets must be numbers from 0 to 1; got 2 at image 0',
    ],
    [
      'an infinite number',
      'ValueError: trainer.step: targets must be finite numbers; got Infinity at image 1',
    ],
    ['targets by fit', 'ValueError: trainer.step: targets must be finite numbers; got NaN at image 1'],
    ['targets for class numbers', 'ShapeError: trainer.step: needs 4 labels; got 12'],
    [
      'a class beyond the last',
      'ValueError: trainer.step: labels must be whole numbers from 0 to 2; got 3 at image 3',
    ],
    ['classes of no weight', 'ValueError: trainer.step: the classes of all labels have the weight 0'],
    ['targets for evaluate', 'ShapeError: evaluate: needs 4 labels; got 12'],
    ...['softTargets', 'squaredError', 'classNumbers'].map((loss) => [
      `heads of two widths, ${loss}`,
      'ShapeError: wide.loss: targets must have the shape of x, [4, 5]; got targets [4, 3]',
    ]),
    ...['weights of other classes', 'shares with weights of other classes'].map((what) => [
      what,
      'ShapeError: main.loss: classWeights must be 3, one for each class; got 2',
    ]),
    ['a loss by its name', 'ValueError: trainer: loss must be an object; got "softTargets"'],
    ['a loss that was not made', 'ValueError: trainer: loss must be an object; got Function'],
    ['a loss with less', 'ValueError: trainer: loss lacks read; got ["labels","apply"]'],
    ['a loss that is no number', 'ShapeError: main.loss: the loss must be (); got [2, 3]'],
    ['a loss that is none', 'ShapeError: main.loss: the loss must be (); got nothing'],
    [
      'an unknown option of softTargets',
      'ValueError: softTargets: has no such option; got labelSmoothing; did you mean smoothing? There are smoothing, classWeights',
    ],
    [
      'an unknown option of classNumbers',
      'ValueError: classNumbers: has no such option; got weight; did you mean classWeights? There are smoothing, classWeights',
    ],
  ])('%s', (what, message) => expect(report.messages[what]).toBe(message));

  it('before anything changes', () => {
    expect(report.unchanged).toBe(true);
    expect(report.steps).toBe(1);
    expect(report.total).toBeGreaterThan(0);
  });
});
