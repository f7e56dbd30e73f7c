// Refusals before anything is allocated, on faked limits, and the largest batch that they leave.
import { describe, expect, it } from 'vitest';
import { LimitError } from '../../../src/core/errors';
import { largestBatch, requireBudget, withinLimits } from '../../../src/graph/memory/batches';
import { estimate, MEMORY_USES } from '../../../src/graph/memory/estimate';
import { formatBytes } from '../../../src/graph/memory/format';
import { googlenet, googlenetHeads } from '../../../src/models/googlenet';
import { estimateTraining } from '../../../src/train/estimate';
import { TARGETS } from '../../../src/core/targets';
import { adam } from '../../../src/optim/adam';

const MIB = 2 ** 20;
const target = TARGETS.gpu;

function inference(batch: number, maxStorageBufferBindingSize = Infinity) {
  const { graph, scores2 } = googlenet({ classes: 1000, batch, aux: false });
  const limits = { maxBufferSize: Infinity, maxStorageBufferBindingSize };
  return estimate(graph, { target, limits, keep: [scores2] });
}

function training(batch: number) {
  const { graph, images, ...net } = googlenet({ classes: 1000, batch, mode: 'train' });
  const heads = googlenetHeads({ graph, images, ...net });
  return estimateTraining({ graph, images, heads }, { target, optimizer: adam() });
}

const failureOf = (attempt: () => unknown): LimitError => {
  try {
    attempt();
  } catch (error) {
    if (error instanceof LimitError) return error;
    throw error;
  }
  throw new Error('nothing failed');
};

describe('estimate', () => {
  it('of inference: weights, inputs and activations', () => {
    const { bytes, total, largest, plan } = inference(32);
    // 6,998,552 parameters; rows of channels are padded to fours.
    expect(bytes.weights).toBeGreaterThanOrEqual(6_998_552 * 4);
    expect(bytes.weights).toBeLessThan(6_998_552 * 4 * 1.01);
    expect(bytes.inputs).toBe(32 * 224 * 224 * 4 * 4);
    expect(bytes.activations).toBe(32 * (112 * 112 + 56 * 56) * 64 * 4);
    expect(largest).toMatchObject({ label: 'conv1', bytes: 32 * 112 * 112 * 64 * 4 });
    expect(bytes.staging).toBe(32 * 1000 * 4);
    expect(total).toBe(MEMORY_USES.reduce((sum, use) => sum + bytes[use], 0));
    expect(plan.launches).toHaveLength(54);
  });

  it('of training: gradients and moments as large as the weights', () => {
    const { bytes } = training(1);
    expect(bytes.weightGradients).toBe(bytes.weights);
    expect(bytes.optimizer).toBe(2 * bytes.weights);
    // Of two steps in flight: norm, scale, halt and an unused word, then three losses.
    expect(bytes.staging).toBe(2 * (4 + 3) * 4);
  });
});

describe('refusals', () => {
  const binding = 64 * MIB;

  it('a binding: its name, its size, the limit, and the largest batch that fits', () => {
    const error = failureOf(() => withinLimits(32, (batch) => inference(batch, binding)));
    expect(error.message).toBe(
      'conv1: needs 103 MB in one buffer; got a limit of 67.1 MB; the largest batch that fits is 20',
    );
    expect(error.bytes).toEqual({ needed: 32 * 112 * 112 * 64 * 4, limit: binding });
    expect(error.largestBatch).toBe(20);
    expect(inference(20, binding).largest.bytes).toBeLessThanOrEqual(binding);
    expect(() => inference(21, binding)).toThrow(LimitError);
  });

  it('a budget, and where not even one image fits', () => {
    const attempt = (budget: number) => (batch: number) => {
      const found = training(batch);
      requireBudget(found, budget);
      return found;
    };
    const error = failureOf(() => withinLimits(8, attempt(300e6)));
    expect(error.message).toMatch(
      /^memory: needs 44\d MB, of which variables takes 53.5 MB; got a budget of 300 MB; the largest batch that fits is 3$/,
    );
    expect(error.largestBatch).toBe(3);
    expect(training(3).total).toBeLessThanOrEqual(300e6);
    expect(failureOf(() => withinLimits(3, attempt(100e6))).message).toMatch(/not even a batch of 1 fits$/);
  });

  it('a budget that the weights alone are above', () => {
    const found = training(1);
    const { weights, weightGradients, optimizer } = found.bytes;
    const fixed = weights + weightGradients + optimizer;
    expect(failureOf(() => requireBudget(found, fixed)).advice).toBe(
      `the weights and the optimizer alone take ${formatBytes(fixed)}`,
    );
    expect(failureOf(() => requireBudget(found, fixed + 1)).advice).toBe('use a smaller batch');
  });

  it('weights that cannot be bound', () => {
    expect(failureOf(() => inference(1, 8 * MIB)).message).toMatch(/^variables: needs 28 MB in one buffer/);
  });
});

describe('largestBatch', () => {
  const upTo = (limit: number) => (batch: number) => {
    if (batch > limit) throw new LimitError('batch', 'is too large');
  };

  it('is found by halving', () => {
    for (const limit of [0, 1, 2, 7, 63, 64, 100])
      expect(largestBatch(upTo(limit), 64)).toBe(Math.min(limit, 64));
  });

  it('does not take other errors for a limit', () => {
    const broken = () => {
      throw new TypeError('broken');
    };
    expect(() => largestBatch(broken, 8)).toThrow('broken');
    expect(() => withinLimits(8, broken)).toThrow('broken');
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [131_072, '131 kB'],
    [999_600, '1 MB'],
    [1.0749e9, '1.07 GB'],
  ])('%d', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});
