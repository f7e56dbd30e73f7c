// What `npm start` does before it allocates: on a device with faked limits.
import { describe, expect, it } from 'vitest';
import { memoryOf } from '../../src/app/memory';
import { LimitError } from '../../src/core/errors';
import { atOnce } from '../../src/core/slices';
import { chooseSettings, type Wishes } from '../../src/train/presets';
import { fakeEngine } from '../support/fake_engine';

const GPU = { adapterName: 'a GPU', software: false };
const MIB = 2 ** 20;
/** For which fewer ways are tried. */
const SMALL = { batch: 4 };

const settingsOf = (wishes: Partial<Wishes>) =>
  chooseSettings({ preset: 'auto', seed: 0, heldOut: 10, ...wishes }, GPU).settings;

function memory(wishes: Partial<Wishes>, { budget, binding }: { budget?: number; binding?: number } = {}) {
  const fake = fakeEngine(binding === undefined ? {} : { limits: { maxStorageBufferBindingSize: binding } });
  const found = atOnce(memoryOf(fake.engine, settingsOf(wishes), 10, budget));
  expect(fake.buffers.size).toBe(0);
  return found;
}

/** The options that a refusal advises, and its whole text. */
function refusal(wishes: Partial<Wishes>, limits: { budget?: number; binding?: number }) {
  try {
    memory(wishes, limits);
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const advice: Partial<Record<'batch' | 'micro-batches' | 'recompute', number>> = {};
    for (const [, name, count] of (error.advice ?? '').matchAll(/--(\S+) (\d+)/g))
      advice[name as keyof typeof advice] = Number(count);
    return { advice, message: error.message, largestBatch: error.largestBatch };
  }
  throw new Error('nothing was refused');
}

describe('memory of the preset table1', () => {
  it('is told by use', () => {
    const { bytes, total } = memory({});
    expect(bytes.optimizer).toBe(2 * bytes.weights);
    expect(total).toBeGreaterThan(0.9e9);
    expect(total).toBeLessThan(1.1e9);
  });

  it('is less in parts, and where some is computed again', () => {
    const whole = memory({});
    const parts = memory({ microBatches: 4 });
    expect(parts.bytes.activations).toBeLessThan(whole.bytes.activations * 0.3);
    expect(parts.bytes.weightGradients).toBe(2 * whole.bytes.weightGradients);
    expect(memory({ recompute: 600e6 }).total).toBeLessThan(whole.total - 200e6);
  });

  it('is refused where a device binds too little: a smaller batch fits, or more parts', () => {
    const { advice, message, largestBatch } = refusal({}, { binding: 64 * MIB });
    expect(message).toBe(
      'conv1: needs 103 MB in one buffer; got a limit of 67.1 MB; what fits: --batch 20, or --micro-batches 2',
    );
    expect(advice).toEqual({ batch: 20, 'micro-batches': 2 });
    expect(largestBatch).toBe(20);
  });

  it('is refused where it is more than the budget; each way that is named fits, and no more than it takes', () => {
    const budget = 600e6;
    const { advice, message } = refusal({}, { budget });
    expect(message).toMatch(
      /^memory: needs [\d.]+ [MG]B, of which \S+ takes \d+ MB; got a budget of 600 MB; what fits: --batch/,
    );
    const { batch = 0, 'micro-batches': microBatches = 0, recompute = 0 } = advice;
    expect(Object.keys(advice)).toEqual(['batch', 'micro-batches', 'recompute']);
    for (const wishes of [{ batch }, { microBatches }, { recompute: recompute * 1e6 }])
      expect(memory(wishes, { budget }).total).toBeLessThanOrEqual(budget);
    expect(() => memory({ batch: batch + 1 }, { budget })).toThrow(LimitError);
    expect(() => memory({ microBatches: microBatches / 2 }, { budget })).toThrow(LimitError);
    expect(() => memory({}, { budget: 2e9 })).not.toThrow();
  });

  it('keeps the number of parts in the batch that it advises', () => {
    const { advice } = refusal({ microBatches: 4 }, { budget: 250e6 });
    expect((advice.batch ?? NaN) % 4).toBe(0);
    expect(memory({ microBatches: 4, batch: advice.batch ?? NaN }, { budget: 250e6 }).total).toBeLessThan(
      250e6,
    );
  });

  it('cannot be computed again in less than the least, which is advised', () => {
    const { advice, message } = refusal({ ...SMALL, recompute: 38e6 }, {});
    expect(message).toMatch(
      /^recompute\.memory: cannot be kept to.*; got 38000000 bytes; what fits: --batch/,
    );
    const { recompute = 0 } = advice;
    expect(memory({ ...SMALL, recompute: recompute * 1e6 }).total).toBeGreaterThan(recompute * 1e6);
    expect(() => memory({ ...SMALL, recompute: (recompute - 1) * 1e6 })).toThrow(LimitError);
  });

  it('may be more than there is for a single image', () => {
    const { advice, message } = refusal({}, { budget: 50e6 });
    expect(advice).toEqual({});
    expect(message).toMatch(/; no --batch fits, not even of 1$/);
  });
});
