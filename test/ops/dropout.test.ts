// Dropout's random numbers: which elements are kept. The values are in src/ops/cases/dropout.ts.
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { dropoutMicroBatch, dropoutRates, dropoutTwin } from '../support/jobs/dropout';

/** Three standard errors of a rate measured on `count` independent draws: one in 370 random seeds falls outside. */
const threeErrors = (rate: number, count: number): number => 3 * Math.sqrt((rate * (1 - rate)) / count);

describe('dropout', () => {
  it.each([0.1, 0.4, 0.5, 0.7, 0.95])('p = %f: rates are as they should be', async (p) => {
    const shape = [8, 16, 28, 28];
    const { elements, kept, values, backwardEqual, differ } = await call<typeof dropoutRates>(
      'dropoutRates',
      {
        shape,
        p,
      },
    );
    expect(elements).toBeGreaterThanOrEqual(1e5);
    expect(Math.abs(kept - (1 - p))).toBeLessThan(threeErrors(p, elements));
    expect(backwardEqual, 'backward drops what forward dropped').toBe(true);
    expect(values.sort((a, b) => a - b)).toEqual([0, Math.fround(1 / (1 - p))]);
    // Independent masks differ where one keeps and the other drops: at a rate of 2 p (1 - p).
    const rate = 2 * p * (1 - p);
    for (const [what, found] of Object.entries(differ)) {
      const count = what === 'images' ? elements / 2 : elements;
      expect(Math.abs(found - rate), `masks of two ${what}`).toBeLessThan(threeErrors(rate, count));
    }
  });

  it.each([
    ['a plane', { shape: [3, 5, 6, 7], p: 0.4, step: { seed: 1, step: 2, first_image: 3 } }],
    ['features', { shape: [4, 1024], p: 0.7, step: { seed: 0xffffffff, step: 0x80000000, first_image: 0 } }],
    ['features no multiple of 4', { shape: [5, 9], p: 0.5, step: { seed: 0, step: 0, first_image: 0 } }],
  ])('has the bits of its twin on the CPU: %s', async (_what, args) => {
    const { forward, backward, kept } = await call<typeof dropoutTwin>('dropoutTwin', args);
    expect({ forward, backward }).toEqual({ forward: true, backward: true });
    expect(kept).toBeGreaterThan(0);
  });

  it.each([1024, 37])('does not depend on how a batch of %i features is cut', async (features) => {
    const found = await call<typeof dropoutMicroBatch>('dropoutMicroBatch', { features });
    expect(found).toEqual({ sameAsWhole: true, sameAsStart: false, startSameAsWhole: true });
  });
});
