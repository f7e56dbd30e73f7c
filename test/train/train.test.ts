import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type * as jobs from '../support/jobs/train';

describe('trainer', () => {
  it('learns, and a classifier on the same parameters sees it', async () => {
    const { before, after, first, last } = await call<typeof jobs.shareParameters>('shareParameters', null);
    expect(before).toBeLessThan(12);
    expect(after).toBe(12);
    expect(last).toBeLessThan(first / 4);
  });

  it('repeats bit for bit with the same seed, dropout included, and not with another', async () => {
    const [a, again, other] = await call<typeof jobs.trainTwice>('trainTwice', { steps: 4, dropout: 0.5 });
    expect(a).toEqual(again);
    expect(a?.every((loss, step) => loss !== other?.[step])).toBe(true);
  });

  it.each([
    ['as many steps as asked', { batches: 9, steps: 3, abortAfter: null }, 3],
    ['until the batches end', { batches: 2, steps: 3, abortAfter: null }, 2],
    ['no step', { batches: 2, steps: 0, abortAfter: null }, 0],
  ])('fits %s', async (_what, args, steps) => {
    const report = await call<typeof jobs.fit>('fit', args);
    expect(report).toMatchObject({ message: 'no error', steps });
    expect(report.seen.map(({ step }) => step)).toEqual([0, 1, 2].slice(0, steps));
    expect(report.seen.map(({ rate }) => rate)).toEqual([0.01, 0.02, 0.03].slice(0, steps));
    for (const { total, losses } of report.seen) expect(total).toBe(losses.main);
  });

  it('goes on with a generator where the last fit left it', async () => {
    const [whole, parted] = await call<typeof jobs.fitInParts>('fitInParts', { parts: [[4], [1, 0, 3]] });
    expect(whole).toHaveLength(4);
    expect(parted).toEqual(whole);
  });

  it.each([0, 2])(
    'stops after %i steps and that under way when the signal fires, and keeps what was learnt',
    async (abortAfter) => {
      const done = abortAfter === 0 ? 0 : abortAfter + 1;
      const report = await call<typeof jobs.fit>('fit', { batches: 9, steps: 5, abortAfter });
      expect(report.message).toBe(`AbortError: trainer.fit: stopped by the caller; got step ${done}`);
      expect(report.steps).toBe(done);
      expect(report.seen).toHaveLength(done);
    },
  );
});

describe('classifier', () => {
  it('gives an image the same probabilities however many there are', async () => {
    // Of batch 4: one image, a batch, one more, two batches and three.
    const counts = [1, 4, 5, 11];
    const { results, defaultTop, aborted } = await call<typeof jobs.classify>('classify', { counts });
    const all = results.at(-1)?.probabilities ?? [];
    expect(all).toHaveLength(11 * 3);
    results.forEach(({ probabilities, top, progress }, index) => {
      const count = counts[index] ?? 0;
      expect(probabilities).toEqual(all.slice(0, count * 3));
      expect(top).toHaveLength(count);
      expect(progress.map(([done]) => done)).toEqual(
        [4, 8, 11].map((done) => Math.min(done, count)).slice(0, Math.ceil(count / 4)),
      );
      expect(progress.every(([, total]) => total === count)).toBe(true);
    });
    for (let image = 0; image < 11; image++) {
      const mine = all.slice(image * 3, image * 3 + 3);
      // Three numbers rounded to float32, 6e-8 each.
      expect(Math.abs(mine.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(2e-7);
      const sorted = [...mine.entries()].sort(([, a], [, b]) => b - a).slice(0, 2);
      expect(results.at(-1)?.top[image]?.map((guess) => guess.class)).toEqual(sorted.map(([index]) => index));
      results.at(-1)?.top[image]?.forEach(({ probability }, place) => {
        expect(Math.fround(probability)).toBe(sorted[place]?.[1]);
      });
    }
    // Images differ, so that none of this holds by chance.
    expect(new Set(all).size).toBeGreaterThan(30);
    expect(defaultTop).toBe(3);
    expect(aborted).toEqual({
      before: 'AbortError: classifier.run: stopped by the caller; got 0 of 11',
      during: 'AbortError: classifier.run: stopped by the caller; got 4 of 11',
    });
  });
});

describe('weights', () => {
  it('come back from a file bit for bit, under PyTorch’s names and shapes', async () => {
    const { same, shapes, metadata, bias } = await call<typeof jobs.roundTrip>('roundTrip', null);
    expect(same.every(([, equal]) => equal)).toBe(true);
    expect(shapes).toEqual([
      ['conv1.weight', 'F32', [8, 3, 3, 3]],
      ['conv1.bias', 'F32', [8]],
      ['conv2.weight', 'F32', [8, 8, 1, 1]],
      ['conv2.bias', 'F32', [8]],
      ['fc.weight', 'F32', [3, 72]],
      ['fc.bias', 'F32', [3]],
    ]);
    expect(metadata).toEqual({ width: '0.125' });
    // -0, the smallest subnormal, a number near the largest.
    expect(bias).toEqual([0x80000000, 1, new Uint32Array(Float32Array.of(3.4e38).buffer)[0]]);
  });
});
