/** Of repeated measurements: the middle, and how far the quiet and the noisy rounds lie from it. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly rounds: number;
}

/** Linear interpolation between the sorted values, as NumPy's default. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [below = NaN, above = below] = sorted.slice(Math.floor(at), Math.floor(at) + 2);
  return below + (above - below) * (at - Math.floor(at));
}

export const spread = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  p10: quantile(values, 0.1),
  p90: quantile(values, 0.9),
  rounds: values.length,
});

export interface Fit {
  /** Time that does not depend on the batch. */
  readonly a: number;
  /** Time of each image. */
  readonly b: number;
  /** Largest distance of a point from the line, as a share of the point. */
  readonly residual: number;
}

/** Least squares of relative errors: time = a + b * size, so that small batches weigh as much as large ones. */
export function fitLine(points: readonly (readonly [size: number, time: number])[]): Fit | undefined {
  if (points.length < 2) return undefined;
  const sum = (of: (size: number, weight: number, time: number) => number): number =>
    points.reduce((total, [size, time]) => total + of(size, 1 / time ** 2, time), 0);
  const [w, wx, wxx] = [sum((_x, v) => v), sum((x, v) => v * x), sum((x, v) => v * x * x)];
  const [wy, wxy] = [sum((_x, v, y) => v * y), sum((x, v, y) => v * x * y)];
  const determinant = w * wxx - wx * wx;
  if (determinant === 0) return undefined;
  const b = (w * wxy - wx * wy) / determinant;
  const a = (wy - b * wx) / w;
  const residual = Math.max(...points.map(([size, time]) => Math.abs(a + b * size - time) / time));
  return { a, b, residual };
}
