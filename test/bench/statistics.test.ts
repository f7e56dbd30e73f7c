import { describe, expect, it } from 'vitest';
import { fitLine, quantile, spread } from '../../bench/jobs/statistics';

describe('quantile', () => {
  it('interpolates between sorted values, as NumPy does', () => {
    // numpy.quantile([7, 1, 3, 10], [0, 0.1, 0.5, 0.9, 1])
    const found = [0, 0.1, 0.5, 0.9, 1].map((share) => quantile([7, 1, 3, 10], share));
    [1, 1.6, 5, 9.1, 10].forEach((value, index) => expect(found[index]).toBeCloseTo(value, 12));
    expect(spread([4])).toEqual({ median: 4, p10: 4, p90: 4, rounds: 1 });
  });
});

describe('fitLine', () => {
  it('finds a line that is there', () => {
    const fit = fitLine([1, 2, 4, 8].map((size) => [size, 5 + 3 * size] as const));
    expect(fit?.a).toBeCloseTo(5, 9);
    expect(fit?.b).toBeCloseTo(3, 9);
    expect(fit?.residual).toBeCloseTo(0, 9);
  });

  it('tells how far the worst point lies off, as a share of it', () => {
    const points = [1, 2, 4, 8].map((size) => [size, size === 4 ? 20 : 3 * size] as const);
    const { a = 0, b = 0, residual } = fitLine(points) ?? {};
    expect(residual).toBe(Math.max(...points.map(([x, y]) => Math.abs(a + b * x - y) / y)));
    expect(residual).toBeGreaterThan(0.1);
  });

  it('gives no line for one point, or one size', () => {
    expect(fitLine([[1, 2]])).toBeUndefined();
    expect(
      fitLine([
        [1, 2],
        [1, 3],
      ]),
    ).toBeUndefined();
  });
});
