/** A matrix by rows. */
export type Matrix = readonly (readonly number[])[];

/** What Winograd's convolution F(m, r) multiplies by: see shaders/winograd.wgsl. */
export interface Transforms {
  /** B^T: (m + r - 1) x (m + r - 1). */
  readonly input: Matrix;
  /** G: (m + r - 1) x r. */
  readonly weight: Matrix;
  /** A^T: m x (m + r - 1). */
  readonly output: Matrix;
}

/** Coefficients, lowest first, of the product of (t - root) over the roots. */
const polynomial = (roots: readonly number[]): number[] =>
  roots.reduce<number[]>(
    (product, root) =>
      Array.from({ length: product.length + 1 }, (_, k) => (product[k - 1] ?? 0) - root * (product[k] ?? 0)),
    [1],
  );

/**
 * The transforms of F(m, r): m outputs of a filter with r taps from m + r - 1 products, by the method of Cook and Toom
 * (S. Winograd, "Arithmetic Complexity of Computations", 1980): the filter and the data, as polynomials, are evaluated
 * at m + r - 2 points and at infinity, and what is between is interpolated.
 *
 * @param points m + r - 2 numbers, all different
 */
export function cookToom(points: readonly number[], r: number): Transforms {
  const count = points.length + 1;
  const m = count - r + 1;
  const others = (i: number) => points.filter((_, j) => j !== i);
  const padded = (row: readonly number[]) => Array.from({ length: count }, (_, k) => row[k] ?? 0);
  const powers = (point: number, length: number) => Array.from({ length }, (_, k) => point ** k);
  const atInfinity = (length: number) => Array.from({ length }, (_, k) => (k === length - 1 ? 1 : 0));
  return {
    input: [...points.map((_, i) => padded(polynomial(others(i)))), padded(polynomial(points))],
    weight: [
      ...points.map((point, i) => {
        const scale = others(i).reduce((product, other) => product * (point - other), 1);
        return powers(point, r).map((power) => power / scale);
      }),
      atInfinity(r),
    ],
    output: Array.from({ length: m }, (_, k) => [
      ...points.map((point) => point ** k),
      ...(k === m - 1 ? [1] : [0]),
    ]),
  };
}
