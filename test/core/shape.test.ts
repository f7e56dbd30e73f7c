import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/core/errors';
import { channelsOf, foldWorkgroups, rowsOf } from '../../src/core/rows';
import { requireRank, roundUp, sameShape, sizeOf, slidingWindow, windowOutput } from '../../src/core/shape';

describe('slidingWindow', () => {
  it('spreads one number over both axes and all sides', () => {
    expect(slidingWindow('pool', 3, 2, 1)).toEqual({ kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] });
  });

  it('reads [vertical, horizontal] and [top, left, bottom, right] padding', () => {
    expect(slidingWindow('pool', [3, 2], [2, 1], [1, 0]).padding).toEqual([1, 0, 1, 0]);
    expect(slidingWindow('pool', 3, 1, [0, 1, 2, 3]).padding).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['kernel 0', 0, 1, 0],
    ['stride 0', 3, 0, 0],
    ['negative padding', 3, 1, -1],
    ['a fraction', 2.5, 1, 0],
    ['NaN', 3, NaN, 0],
  ])('refuses %s', (_what, kernel, stride, padding) => {
    expect(() => slidingWindow('pool1', kernel, stride, padding)).toThrow(ShapeError);
    expect(() => slidingWindow('pool1', kernel, stride, padding)).toThrow(/^pool1: .*got kernel/);
  });
});

describe('windowOutput', () => {
  it.each([
    ['conv1 of Table 1', [224, 224], slidingWindow('w', 7, 2, 3), [112, 112]],
    ['pool1 of Table 1', [112, 112], slidingWindow('w', 3, 2, 1), [56, 56]],
    ['pool of the auxiliary heads', [14, 14], slidingWindow('w', 5, 3, 0), [4, 4]],
    ['a size that rounds down', [8, 9], slidingWindow('w', 3, 2, 0), [3, 4]],
    ['asymmetric padding', [5, 4], slidingWindow('w', [3, 2], [2, 1], [1, 0, 0, 1]), [2, 4]],
    ['a kernel above the plane', [2, 2], slidingWindow('w', 3, 1, 1), [2, 2]],
  ] as const)('%s', (_what, size, window, expected) => {
    expect(windowOutput('w', size, window)).toEqual(expected);
  });

  it('refuses a window that does not fit', () => {
    const window = slidingWindow('pool', 7, 1, 0);
    expect(() => windowOutput('head/pool', [7, 6], window)).toThrow(ShapeError);
    expect(() => windowOutput('head/pool', [7, 6], window)).toThrow(/^head\/pool: .*7x7.*got a plane of 7x6/);
  });
});

describe('requireRank', () => {
  it.each([
    [[2, 3], '(N, C, H, W)'],
    [[2, 3, 0, 4], '(N, C, H, W)'],
    [[2, 1.5], '(N, F)'],
    [[1], '()'],
  ])('refuses %j as %s', (shape, expected) => {
    const fault = `layer: x must be ${expected}; got [${shape.join(', ')}]`;
    expect(() => requireRank('layer', 'x', shape, expected)).toThrow(fault);
  });

  it('accepts what it names', () => {
    requireRank('layer', 'x', [2, 3, 5, 7], '(N, C, H, W)');
    requireRank('layer', 'loss', [], '()');
  });
});

describe('sizes', () => {
  it('counts elements, rows and channels', () => {
    expect(sizeOf([2, 3, 5])).toBe(30);
    expect(sizeOf([])).toBe(1);
    expect(sameShape([1, 2], [1, 2])).toBe(true);
    expect(sameShape([1, 2], [1, 2, 1])).toBe(false);
    expect([roundUp(0, 4), roundUp(1, 4), roundUp(8, 4)]).toEqual([0, 4, 8]);
    const image = { shape: [2, 3, 5, 7], dtype: 'f32' } as const;
    expect([rowsOf(image), channelsOf(image)]).toEqual([70, 3]);
    const labels = { shape: [6], dtype: 'u32' } as const;
    expect([rowsOf(labels), channelsOf(labels)]).toEqual([6, 1]);
  });
});

describe('foldWorkgroups', () => {
  it.each([1, 65_535, 65_536, 131_071, 400_000])('covers %d workgroups within the limit', (groups) => {
    const [x, y, z] = foldWorkgroups(groups, 65_535);
    expect(x).toBeLessThanOrEqual(65_535);
    expect(y).toBeLessThanOrEqual(65_535);
    expect(z).toBe(1);
    expect(x * y).toBeGreaterThanOrEqual(groups);
    expect(x * y - groups).toBeLessThan(y);
  });
});
