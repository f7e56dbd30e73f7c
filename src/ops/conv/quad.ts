import type { Launch, Target } from '../../core/op';
import { computesOnCpu } from '../../core/targets';
import { foldWorkgroups } from '../../core/rows';
import shader from '../../../shaders/conv2d_quad.wgsl';
import { NO_REST, NO_TOUCHES, backwardInputOperands, channels, forwardOperands } from './operands';
import {
  ONE_PRODUCT,
  allowsVectors,
  isFlat,
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

function forwardLaunch(problem: ForwardProblem, target: Target): Launch {
  const { geometry } = problem;
  const { bind, params, constants } = forwardOperands(problem);
  const { columnTiles, grid } = tiling(params.rows, geometry.y.channels / 4, TILE, target);
  return {
    shader,
    entry: 'forward',
    bind,
    params: { ...common(geometry), ...NO_TOUCHES, ...params, column_tiles: columnTiles },
    constants: { ...overrides(geometry, target), FLAT: isFlat(geometry), ...constants },
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

function backwardInputLaunch(problem: BackwardInputProblem, target: Target): Launch {
  const { geometry } = problem;
  const { bind, params, constants } = backwardInputOperands(problem);
  const { columnTiles, grid } = tiling(params.rows, geometry.x.channels / 4, TILE, target);
  return {
    shader,
    entry: 'backward_input',
    bind,
    params: { ...common(geometry), ...NO_REST, ...params, column_tiles: columnTiles },
    constants: { ...overrides(geometry, target), ...constants },
    workgroups: grid,
  };
}

const common = (geometry: Geometry) => ({
  ...channels(geometry),
  tap_rows: geometry.tapRows,
  ...ONE_PRODUCT,
});

const overrides = (geometry: Geometry, target: Target) => ({
  ...windowOverrides(geometry),
  KERNEL_H: geometry.window.kernel[0],
  WG: workgroup(target),
});
