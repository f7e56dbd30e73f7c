import { expect, test } from 'vitest';
import shader from '../../shaders/winograd.wgsl';
import { cookToom, type Matrix } from '../support/cook_toom';

/** The matrix that the shader's text gives a name. */
function matrix(name: string): Matrix {
  const text = new RegExp(String.raw`^const ${name} = array\(([^;]*)\);`, 'm').exec(shader.source)?.[1] ?? '';
  return [...text.matchAll(/array\(([^)]*)\)/g)].map(([, row = '']) => row.split(',').map(Number));
}

test.each([
  [2, [0, 1, -1]],
  [4, [0, 0.75, -0.75, 1.5, -1.5]],
])("Winograd's matrices for tiles of %d are those of Cook and Toom's method", (out, points) => {
  const { input, weight, output } = cookToom(points, 3);
  expect(matrix(`INPUT_${out}`)).toEqual(positive(input));
  expect(matrix(`WEIGHT_${out}`)).toEqual(positive(weight));
  expect(matrix(`OUTPUT_${out}`)).toEqual(positive(output));
});

test.each([2, 4])('Winograd with tiles of %d, in one dimension, is a convolution', (out) => {
  const [input, weight, output] = ['INPUT', 'WEIGHT', 'OUTPUT'].map((name) => matrix(`${name}_${out}`));
  const data = Array.from({ length: out + 2 }, (_, k) => Math.sin(k + 1));
  const filter = [0.3, -1.2, 0.7];
  const apply = (m: Matrix | undefined, v: readonly number[]) =>
    (m ?? []).map((row) => row.reduce((sum, factor, k) => sum + factor * (v[k] ?? NaN), 0));
  const [v, u] = [apply(input, data), apply(weight, filter)];
  const y = apply(
    output,
    v.map((value, k) => value * (u[k] ?? NaN)),
  );
  const direct = y.map((_, k) => filter.reduce((sum, factor, r) => sum + factor * (data[k + r] ?? NaN), 0));
  y.forEach((value, k) => expect(value).toBeCloseTo(direct[k] ?? NaN, 12));
});

/** Without negative zeros. */
const positive = (m: Matrix): Matrix => m.map((row) => row.map((value) => value + 0));
