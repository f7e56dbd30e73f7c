import type { Launch, Target } from '../../core/op';
import { computesOnCpu } from '../../core/targets';
import { foldWorkgroups } from '../../core/rows';
import shader from '../../../shaders/conv2d_quad.wgsl';
import { places } from '../../lowering/elementwise';
import { launchTouches } from '../../lowering/epilogue';
import {
  ONE_PRODUCT,
  UNUSED,
  allowsVectors,
  isFlat,
  pixels,
  type BackwardInputProblem,
  type ConvKernel,
  type ForwardProblem,
  type Geometry,
} from './problem';

/** Quads that share their loads by swaps: `conv2d_quad.wgsl`, and what it shares with `conv2d_quad_weight.wgsl`. */

/** Rows of a tile in fours, columns in fours of vectors; the numbers repeat constants of the shader. */
export const TILE = { TM: 4, TN: 2 };

/**
 * Only where the CPU computes: on GPUs the sums of these tiles take so many registers that a core has room for 4 waves
 * (RDNA2, `npm run bench -- isa`), and tiles in workgroup memory multiply in more of their instructions. A quad never
 * crosses the border of a subgroup, whatever the subgroup's size.
 */
export const hasQuads = (target: Target): boolean => computesOnCpu(target) && (target.subgroupSize ?? 0) >= 4;

/** One subgroup is one workgroup, so that the driver may run each where a core is free. */
export const workgroup = ({ subgroupSize = 4 }: Target): number => subgroupSize;

/** Fewest loads win where the CPU computes (measured). */
export const quadPreference = (): number => 2;

export function windowOverrides({ window }: Geometry) {
  const [PAD_TOP, PAD_LEFT] = window.padding;
  const [STRIDE_H, STRIDE_W] = window.stride;
  return { KERNEL_W: window.kernel[1], STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT };
}

export function sizes({ x, y, tapRows }: Geometry) {
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

/** Tiles for `rows` rows and `columns` vectors, and the workgroups for them. */
export function tiling(rows: number, columns: number, { TM, TN }: typeof TILE, target: Target) {
  const columnTiles = Math.ceil(columns / (4 * TN));
  const quads = workgroup(target) / 4;
  const groups = Math.ceil((Math.ceil(rows / (4 * TM)) * columnTiles) / quads);
  return { columnTiles, grid: foldWorkgroups(groups, target.maxWorkgroupsPerDimension) };
}

export const quadForward: ConvKernel<ForwardProblem> = {
  name: 'quad 16x32',
  supports: (problem, target) => hasQuads(target) && allowsVectors(problem),
  preference: quadPreference,
  launches: (parts, target) => parts.map((part) => forwardLaunch(part, target)),
};

function forwardLaunch({ geometry, x, w, b, y, rest, relu }: ForwardProblem, target: Target): Launch {
  const rows = pixels(geometry, 'y');
  const { columnTiles, grid } = tiling(rows, geometry.y.channels / 4, TILE, target);
  return {
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
      ...places({ x: x.view, y: y.view, w: w.view, rest: rest?.view, add: undefined, mask: undefined }, 4),
      b_offset: (b?.view.offset ?? 0) / 4,
      rest_first: (rest?.first ?? 0) / 4,
      ...ONE_PRODUCT,
    },
    constants: {
      ...windowOverrides(geometry),
      KERNEL_H: geometry.window.kernel[0],
      FLAT: isFlat(geometry),
      WG: workgroup(target),
      BIAS: b !== undefined,
      RELU: relu,
      REST: rest !== undefined,
    },
    workgroups: grid,
  };
}

export const quadBackwardInput: ConvKernel<BackwardInputProblem> = {
  name: 'quad 16x32',
  supports: (problem, target) =>
    hasQuads(target) &&
    allowsVectors(problem) &&
    problem.geometry.window.stride.every((stride) => stride === 1),
  preference: quadPreference,
  launches: (parts, target) => parts.map((part) => backwardInputLaunch(part, target)),
};

function backwardInputLaunch(
  { geometry, dy, w, dx, add, mask }: BackwardInputProblem,
  target: Target,
): Launch {
  const rows = pixels(geometry, 'x');
  const { columnTiles, grid } = tiling(rows, geometry.x.channels / 4, TILE, target);
  const touches = launchTouches({ ...(add && { add }), ...(mask && { mask }) }, w.value);
  return {
    shader,
    entry: 'backward_input',
    bind: {
      dy: dy.value,
      w: w.value,
      dx: dx.value,
      ...touches.bind,
    },
    params: {
      column_tiles: columnTiles,
      rows,
      ...sizes(geometry),
      ...places({ x: dx.view, y: dy.view, w: w.view, rest: undefined, ...touches.views }, 4),
      b_offset: 0,
      rest_first: 0,
      ...ONE_PRODUCT,
    },
    constants: {
      ...windowOverrides(geometry),
      KERNEL_H: geometry.window.kernel[0],
      WG: workgroup(target),
      ...touches.constants,
    },
    workgroups: grid,
  };
}
