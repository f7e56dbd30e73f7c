import { describe, expect, it } from 'vitest';
import type { Digits } from '../../src/io/digits';
import { digitBatches, heldOutDigits } from '../../src/train/digits';

/** Each image is one pixel, whose value is its number; so is its label. */
const TEN: Digits = {
  images: {
    data: Uint8Array.from({ length: 10 }, (_, i) => i),
    count: 10,
    height: 1,
    width: 1,
    channels: 1,
  },
  labels: Uint8Array.from({ length: 10 }, (_, i) => i),
};

function labels(steps: number, seed: number, batch = 4, done = 0): number[] {
  const batches = digitBatches(TEN, { batch, size: 1, seed }, done);
  return Array.from({ length: steps }, () => [...Array.from(batches.next().value.labels)]).flat();
}

describe('digitBatches', () => {
  it('shows every digit once in each epoch, and each epoch in another order', () => {
    const drawn = labels(5, 1);
    const [first, second] = [drawn.slice(0, 10), drawn.slice(10)];
    for (const epoch of [first, second]) expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(first).not.toEqual(second);
  });

  it('depends on the seed alone', () => {
    expect(labels(5, 1)).toEqual(labels(5, 1));
    expect(labels(5, 1)).not.toEqual(labels(5, 2));
  });

  it.each([
    [4, 1], // In the middle of an epoch.
    [4, 2], // The first batch goes on into the next epoch.
    [4, 3],
    [5, 2], // At the border of two epochs.
    [25, 3], // More than an epoch in one batch.
  ])('in batches of %i, begins after %i of them as if they had been drawn', (batch, done) => {
    expect(labels(4, 7, batch, done)).toEqual(labels(4 + done, 7, batch).slice(batch * done));
  });

  it('keeps images and labels together, and goes through more than an epoch in one batch', () => {
    const { images, labels: found } = digitBatches(TEN, { batch: 25, size: 1, seed: 5 }).next().value;
    expect(images.length).toBe(25 * 3);
    Array.from(found).forEach((label, index) => {
      expect(images[index * 3]).toBeCloseTo((label / 255 - 0.1307) / 0.3081, 5);
    });
  });
});

describe('heldOutDigits', () => {
  it('gives different numbers of the test file, always the same', () => {
    const digits = heldOutDigits(10_000, 1000);
    expect(new Set(digits).size).toBe(1000);
    expect(Math.max(...digits)).toBeLessThan(10_000);
    expect([...heldOutDigits(10_000, 10)]).toEqual([...digits.subarray(0, 10)]);
  });
});
