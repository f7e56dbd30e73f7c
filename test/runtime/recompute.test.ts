// Recomputation on the GPU: less memory, the same bits.
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { runRandomInLess, trainInLess } from '../support/jobs/recompute';

/**
 * Kernels that storing everything does not need: max pooling whose places of maxima are computed again, and sums of one
 * layer's parts in vectors, where another layer beside it would have allowed none.
 */
const HARMLESS = /^(max_pool\.wgsl.*#forward_only|sum\.wgsl)/;

describe('training the small network in the least memory', () => {
  it('gives the same losses, gradients and weights, to the bit, with the same kernels', async () => {
    const { bytes, again, different, compared, nonzero, newPipelines, made } = await call<typeof trainInLess>(
      'trainInLess',
      { steps: 3 },
    );
    const [whole = 0, less = 0] = bytes;
    expect(less / whole).toBeLessThan(0.65);
    expect(again[0]).toBe(0);
    expect(again[1]).toBeGreaterThan(5);
    expect(different).toEqual([]);
    expect(compared).toBe(3 * 3 + 2 * 128);
    expect(nonzero).toBeGreaterThan(100_000);
    expect(newPipelines.filter((key) => !HARMLESS.test(key))).toEqual([]);
    expect(made).toBeLessThanOrEqual(newPipelines.length);
  });
});

describe('a random network in the least memory', () => {
  it.each(Array.from({ length: 8 }, (_, seed) => seed))('%i: gives the same bits', async (seed) => {
    const { bytes, different, compared, newPipelines } = await call<typeof runRandomInLess>(
      'runRandomInLess',
      {
        seed,
      },
    );
    const [whole = 0, less = 0] = bytes;
    expect(less).toBeLessThanOrEqual(whole);
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(3);
    expect(newPipelines.filter((key) => !HARMLESS.test(key))).toEqual([]);
  });
});
