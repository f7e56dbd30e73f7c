// MixUp: which images are mixed, by how much, and what they are then.
import { describe, expect, it } from 'vitest';
import { centreCrop, mixedTargets, mixUp } from '../../src/data';
import { useWrongly } from '../support/wrong_use';

const CROP = centreCrop({ width: 10, height: 8 });
const turnsOf = (count: number, epoch = 0) => Array.from({ length: count }, (_, index) => ({ epoch, index }));
const mixes = (count: number, alpha: number, epoch = 0) =>
  mixUp(new Array(count).fill(CROP), { alpha, seed: 7, turns: turnsOf(count, epoch) }).map(({ mix }) => mix!);

describe('mixUp', () => {
  it('mixes the first with the last, and changes nothing else', () => {
    const mixed = mixUp([CROP, CROP, CROP], { alpha: 0.2, seed: 7, turns: turnsOf(3) });
    expect(mixed.map(({ mix }) => mix?.partner)).toEqual([2, 1, 0]);
    for (const { mix, ...rest } of mixed) expect([rest, mix?.share]).toEqual([CROP, expect.any(Number)]);
  });

  // Of Beta(alpha, alpha): mean 1/2, variance 1 / (4 (2 alpha + 1)); a mean of 20,000 is off by 0.0035 at most as often as not.
  it.each([0.02, 0.2, 0.4, 1])('draws shares of Beta(%d, %d)', (alpha) => {
    const shares = mixes(20_000, alpha).map(({ share }) => share);
    const mean = shares.reduce((a, b) => a + b) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.015);
    expect(Math.abs(variance * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.04);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });

  it('draws by seed, epoch and index alone', () => {
    const shares = mixes(9, 0.4).map(({ share }) => share);
    const some = mixUp([CROP, CROP], {
      alpha: 0.4,
      seed: 7,
      turns: [5, 2].map((index) => ({ epoch: 0, index })),
    });
    expect(some.map(({ mix }) => mix?.share)).toEqual([shares[5], shares[2]]);
    expect(mixes(9, 0.4, 1).map(({ share }) => share)).not.toEqual(shares);
    const other = mixUp(new Array(9).fill(CROP), { alpha: 0.4, seed: 8, turns: turnsOf(9) });
    expect(other.map(({ mix }) => mix?.share)).not.toEqual(shares);
  });
});

it('mixedTargets gives each class its share', () => {
  const mixed = [0.75, 1, 0.5].map((share, row) => ({ ...CROP, mix: { partner: 2 - row, share } }));
  expect([...mixedTargets([1, 0, 3], mixed, 4)]).toEqual([0, 0.75, 0, 0.25, 1, 0, 0, 0, 0, 0.5, 0, 0.5]);
  expect([...mixedTargets([2, 2], [CROP, CROP], 3)]).toEqual([0, 0, 1, 0, 0, 1]);
});

describe('what makes no sense', () => {
  it.each([
    ['too few turns', () => mixUp([CROP, CROP], { alpha: 0.2, seed: 0, turns: turnsOf(1) }), 'mixUp: needs a turn for each crop; got 2 crops, 1 turns'],
    ['alpha 0', () => mixUp([], { alpha: 0, seed: 0, turns: [] }), 'mixUp: alpha must be a finite float32 number to 1 above 0; got 0'],
    ['a turn without an epoch', () => mixUp([CROP], { alpha: 1, seed: 0, turns: [{ index: 1 } as never] }), 'mixUp: each of turns: its options lacks epoch'],
    ['a label beyond', () => mixedTargets([4], [CROP], 4), 'mixedTargets: label 0 must be a whole number from 0 to 3; got 4'],
    ['a label too few', () => mixedTargets([], [CROP], 4), 'mixedTargets: needs a label for each crop; got 1 crops, 0 labels'],
    ['a partner beyond', () => mixedTargets([0], [{ ...CROP, mix: { partner: 1, share: 0 } }], 4), 'cropTable: row 0: the partner must be a row below 1; got 1'],
  ])('is refused: %s', (_what, use, message) => expect(use).toThrow(message)); // prettier-ignore

  it('is refused by where and what', async () => {
    const found = await useWrongly({
      mixUp: { args: () => [[CROP], { alpha: 0.5, seed: 0, turns: turnsOf(1) }], call: mixUp, options: [1] },
      mixedTargets: { args: () => [[1], [CROP], 2], call: mixedTargets, where: /^(mixedTargets|cropTable)/ },
    });
    expect(found.wrong).toEqual([]);
    expect(found.rows).toEqual({ mixUp: [12, 1], mixedTargets: [18, 0] });
  });
});
