import type { Launch, Scratch, Target, View } from '../../core/op';
import { foldWorkgroups } from '../../core/rows';
import shader from '../../../shaders/conv2d_quad.wgsl';
import weightShader from '../../../shaders/conv2d_quad_weight.wgsl';
import {
  allowsVectors,
  pixels,
  tapsOf,
  type BackwardInputProblem,
  type BackwardWeightProblem,
  type ConvKernel,
  type ConvProblem,
  type ForwardProblem,
  type Geometry,
  type WeightKernel,
} from './problem';

/** Quads that share their loads by broadcast: `conv2d_quad.wgsl` and `conv2d_quad_weight.wgsl`. */

/** Tiles in rows and vectors of 4 columns; the numbers repeat constants of the shaders. */
const TILE = { TM: 4, TN: 2 };
const WEIGHT_TILE = { TM: 1, TN: 2 };

/** A quad never crosses the border of a subgroup, whatever the subgroup's size. */
export const hasQuads = ({ subgroupSize = 0 }: Target): boolean => subgroupSize >= 4;

/** One subgroup is one workgroup, so that the driver may run each where a core is free. */
const workgroup = ({ subgroupSize = 4 }: Target): number => subgroupSize;

/** Fewest loads win where the CPU computes (measured); on GPUs nobody has run it, so it comes last. */
const preference = (_problem: ConvProblem, { adapter = '' }: Target): number =>
  adapter === 'swiftshader' || adapter === 'llvmpipe' ? 2 : -1;

const vectors = (view: View | undefined) => ({
  stride: (view?.stride ?? 0) / 4,
  offset: (view?.offset ?? 0) / 4,
});

function windowOverrides({ window }: Geometry) {
  const [PAD_TOP, PAD_LEFT] = window.padding;
  const [STRIDE_H, STRIDE_W] = window.stride;
  return { KERNEL_W: window.kernel[1], STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT };
}

function sizes({ x, y, tapRows }: Geometry) {
  return {
    x_h: x.height,
    x_w: x.width,
    y_h: y.height,
    y_w: y.width,
    ci: Math.ceil(x.channels / 4),
    co: Math.ceil(y.channels / 4),
    tap_rows: tapRows,
  };
}

/** Fields of `Params` for the tensors of an entry point. */
function placed(views: Readonly<Record<'x' | 'y' | 'w' | 'b' | 'rest' | 'add' | 'mask', View | undefined>>) {
  const [x, y, w, rest, add, mask] = [views.x, views.y, views.w, views.rest, views.add, views.mask].map(
    vectors,
  );
  return {
    x_stride: x?.stride ?? 0,
    x_offset: x?.offset ?? 0,
    y_stride: y?.stride ?? 0,
    y_offset: y?.offset ?? 0,
    w_stride: w?.stride ?? 0,
    w_offset: w?.offset ?? 0,
    b_offset: vectors(views.b).offset,
    rest_stride: rest?.stride ?? 0,
    rest_offset: rest?.offset ?? 0,
    add_stride: add?.stride ?? 0,
    add_offset: add?.offset ?? 0,
    mask_stride: mask?.stride ?? 0,
    mask_offset: mask?.offset ?? 0,
    x_product: 0,
    w_product: 0,
    y_product: 0,
  };
}

/** Tiles for `rows` rows and `columns` vectors, and the workgroups for them. */
function tiling(rows: number, columns: number, { TM, TN }: typeof TILE, target: Target) {
  const columnTiles = Math.ceil(columns / (4 * TN));
  const quads = workgroup(target) / 4;
  const groups = Math.ceil((Math.ceil(rows / (4 * TM)) * columnTiles) / quads);
  return { columnTiles, grid: foldWorkgroups(groups, target.maxWorkgroupsPerDimension) };
}

/** A binding that an entry point declares and this launch does not use. */
export const UNUSED = { scratch: 'unused', elements: 64 } as const;

export const quadForward: ConvKernel<ForwardProblem> = {
  name: 'quad 16x32',
  supports: (problem, target) => hasQuads(target) && allowsVectors(problem),
  preference,
  launches({ geometry, x, w, b, y, rest, relu }, target) {
    const rows = pixels(geometry, 'y');
    const { columnTiles, grid } = tiling(rows, geometry.y.channels / 4, TILE, target);
    return [
      {
        shader,
        entry: 'forward',
        // A variable always needs a buffer: without a bias the weights stand in, unread.
        bind: {
          x: x.value,
          w: w.value,
          b: (b ?? w).value,
          y: y.value,
          y_rest: rest?.value ?? UNUSED,
        },
        params: {
          column_tiles: columnTiles,
          rows,
          ...sizes(geometry),
          ...placed({
            x: x.view,
            y: y.view,
            w: w.view,
            b: b?.view,
            rest: rest?.view,
            add: undefined,
            mask: undefined,
          }),
          rest_first: (rest?.first ?? 0) / 4,
        },
        constants: {
          ...windowOverrides(geometry),
          KERNEL_H: geometry.window.kernel[0],
          WG: workgroup(target),
          BIAS: b !== undefined,
          RELU: relu,
          REST: rest !== undefined,
        },
        workgroups: grid,
      },
    ];
  },
};

export const quadBackwardInput: ConvKernel<BackwardInputProblem> = {
  name: 'quad 16x32',
  supports: (problem, target) =>
    hasQuads(target) &&
    allowsVectors(problem) &&
    problem.geometry.window.stride.every((stride) => stride === 1),
  preference,
  launches({ geometry, dy, w, dx, add, mask }, target) {
    const rows = pixels(geometry, 'x');
    const { columnTiles, grid } = tiling(rows, geometry.x.channels / 4, TILE, target);
    return [
      {
        shader,
        entry: 'backward_input',
        bind: {
          dy: dy.value,
          w: w.value,
          add: (add ?? w).value,
          mask: (mask ?? w).value,
          dx: dx.value,
        },
        params: {
          column_tiles: columnTiles,
          rows,
          ...sizes(geometry),
          ...placed({
            x: dx.view,
            y: dy.view,
            w: w.view,
            b: undefined,
            rest: undefined,
            add: add?.view,
            mask: mask?.view,
          }),
          rest_first: 0,
        },
        constants: {
          ...windowOverrides(geometry),
          KERNEL_H: geometry.window.kernel[0],
          WG: workgroup(target),
          ADD: add !== undefined,
          MASK: mask !== undefined,
        },
        workgroups: grid,
      },
    ];
  },
};

/** A matrix product of a batch: rows of `from` by a matrix of `inner` rows gives `to`; all dense, one after another. */
export interface Products {
  readonly count: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** `count` products at once: to[r, c] = sum over k of from[r, k] * w[k, c], or of from[r, c'] * w[k, c'] if `back`. */
export function quadProducts(
  { count, rows, inner, columns }: Products,
  { from, w, to }: Readonly<Record<'from' | 'w' | 'to', Scratch>>,
  back: boolean,
  target: Target,
): Launch {
  // Rows of w are x's channels, whichever side is given.
  const [ci, co] = back ? [columns, inner] : [inner, columns];
  const { columnTiles, grid } = tiling(rows, columns / 4, TILE, target);
  const dense = (stride: number): View => ({ offset: 0, stride, zeroPadded: false });
  const none = { b: undefined, rest: undefined, add: undefined, mask: undefined };
  return {
    shader,
    entry: back ? 'backward_input' : 'forward',
    bind: back ? { dy: from, w, add: w, mask: w, dx: to } : { x: from, w, b: w, y: to, y_rest: UNUSED },
    params: {
      column_tiles: columnTiles,
      rows,
      x_h: 1,
      x_w: rows,
      y_h: 1,
      y_w: rows,
      ci: ci / 4,
      co: co / 4,
      tap_rows: ci,
      ...placed({ x: dense(ci), y: dense(co), w: dense(co), ...none }),
      rest_first: 0,
      x_product: (rows * ci) / 4,
      w_product: (ci * co) / 4,
      y_product: (rows * co) / 4,
    },
    constants: { KERNEL_H: 1, KERNEL_W: 1, PAD_TOP: 0, PAD_LEFT: 0, WG: workgroup(target) },
    workgroups: [grid[0], grid[1], count],
  };
}

/** Sums shorter than this are not worth another split. */
const LEAST_PIXELS_PER_SPLIT = 128;

const weightVectors = (geometry: Geometry): number => tapsOf(geometry) * Math.ceil(geometry.x.channels / 4);

const weightTiling = ({ geometry }: BackwardWeightProblem, target: Target) =>
  tiling(weightVectors(geometry), geometry.y.channels / 4, WEIGHT_TILE, target);

export const quadBackwardWeight: WeightKernel = {
  name: 'quad 16x32',
  supports: (problem, target) => hasQuads(target) && allowsVectors(problem),
  preference,
  splits(problem, target) {
    const [x, z] = weightTiling(problem, target).grid;
    const wanted = Math.ceil(target.parallelWorkgroups / (x * z));
    const useful = Math.ceil(pixels(problem.geometry, 'y') / LEAST_PIXELS_PER_SPLIT);
    const splits = Math.max(1, Math.min(wanted, useful));
    return Math.ceil(pixels(problem.geometry, 'y') / splitPixels(problem.geometry, splits));
  },
  launches(problem, { to, splits, splitStride, tapRows, biasRow }, target) {
    const { geometry, x, dy, bias } = problem;
    const { columnTiles, grid } = weightTiling(problem, target);
    const { height, width } = geometry.y;
    const views = { x: vectors(x.view), y: vectors(dy.view), w: vectors(to.view) };
    return [
      {
        shader: weightShader,
        entry: 'backward_weight',
        bind: { x: x.value, dy: dy.value, dw: to.value },
        params: {
          ...sizes(geometry),
          column_tiles: columnTiles,
          vectors: weightVectors(geometry),
          pixels: pixels(geometry, 'y'),
          split_pixels: splitPixels(geometry, splits),
          split_stride: splitStride / 4,
          ahead_n: Math.floor(4 / (height * width)),
          ahead_h: Math.floor(4 / width) % height,
          ahead_w: 4 % width,
          x_stride: views.x.stride,
          x_offset: views.x.offset,
          y_stride: views.y.stride,
          y_offset: views.y.offset,
          w_stride: views.w.stride,
          w_offset: views.w.offset,
          tap_rows: tapRows,
          bias_row: biasRow ?? 0,
        },
        constants: { ...windowOverrides(geometry), WG: workgroup(target), BIAS: bias },
        // x-then-z folding: y is for the splits.
        workgroups: [grid[0], splits, grid[1]],
      },
    ];
  },
};

/** Pixels of each split but the last: whole blocks of 4. */
const splitPixels = (geometry: Geometry, splits: number): number =>
  4 * Math.ceil(pixels(geometry, 'y') / splits / 4);
