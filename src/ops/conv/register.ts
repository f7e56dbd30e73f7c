import type { Target } from '../../core/op';
import { computesOnCpu } from '../../core/targets';
import { foldWorkgroups } from '../../core/rows';
import shader from '../../../shaders/conv2d.wgsl';
import { NO_REST, NO_TOUCHES, backwardInputOperands, channels, forwardOperands } from './operands';
import {
  allowsVectors,
  windowConstants,
  type BackwardInputProblem,
  type ConvKernel,
  type ConvProblem,
  type ForwardProblem,
  type Geometry,
} from './problem';

/** Register tiles without workgroup memory, in vectors of 4 channels or, for any channel count, one by one. */

export const WORKGROUP = 64;

/** A form of the kernels; the sizes repeat constants of the shader. */
export interface RegisterTile {
  readonly name: string;
  /** Elements per unit of stride, offset and channel count. */
  readonly lanes: 1 | 4;
  /** Register tile of each entry point, in elements: rows by columns. */
  readonly tile: readonly [rows: number, columns: number];
  readonly weightTile: readonly [rows: number, columns: number];
  /** Other constants than the file's. */
  readonly variant: Readonly<Record<string, number | string>>;
  supports(problem: ConvProblem, target: Target): boolean;
}

export const VECTOR: RegisterTile = {
  name: 'register 8x8',
  lanes: 4,
  tile: [8, 8],
  weightTile: [8, 8],
  variant: {},
  supports: allowsVectors,
};

/** 8 rows take so many registers that a core of RDNA2 has room for 4 waves (`npm run bench -- isa`). */
const TALL: RegisterTile = {
  ...VECTOR,
  supports: (problem, target) => computesOnCpu(target) && allowsVectors(problem),
};

const SHORT: RegisterTile = { ...VECTOR, name: 'register 4x8', tile: [4, 8], variant: { TM: 4 } };

export const SCALAR: RegisterTile = {
  name: 'scalar 4x4',
  lanes: 1,
  tile: [4, 4],
  weightTile: [4, 4],
  variant: { number: 'f32', LANES: 1, LANE: '0.0', TM: 4, TN: 4, TC: 4 },
  supports: () => true,
};

/** Parameters that all entries of the shader have, and zeros for those that one has no use for. */
export const common = (geometry: Geometry, { lanes }: RegisterTile) => ({
  ...channels(geometry, lanes),
  ...NO_REST,
  ...NO_TOUCHES,
  tap_rows: geometry.tapRows,
  split_lines: 0,
  split_stride: 0,
  bias_offset: 0,
});

export const tiles = (rows: number, columns: number, tile: readonly [number, number]): number =>
  Math.ceil(rows / tile[0]) * Math.ceil(columns / tile[1]);

/** x-then-z folding: y stays free for the splits of a weight gradient. */
export function grid(threads: number, splits: number, target: Target): readonly [number, number, number] {
  const [x, z] = foldWorkgroups(Math.ceil(threads / WORKGROUP), target.maxWorkgroupsPerDimension);
  return [x, splits, z];
}

const forwardKernel = (form: RegisterTile): ConvKernel<ForwardProblem> => ({
  name: form.name,
  supports: (problem, target) => form.supports(problem, target),
  launches: (parts, target) =>
    parts.map((problem) => {
      const { geometry } = problem;
      const { bind, params, constants } = forwardOperands(problem, form.lanes);
      return {
        shader,
        entry: 'forward',
        bind,
        params: { ...common(geometry, form), ...params },
        constants: { ...windowConstants(geometry), ...constants },
        variant: form.variant,
        workgroups: grid(tiles(params.rows, geometry.y.channels, form.tile), 1, target),
      };
    }),
});

const backwardInputKernel = (form: RegisterTile): ConvKernel<BackwardInputProblem> => ({
  name: form.name,
  supports: (problem, target) => form.supports(problem, target),
  launches: (parts, target) =>
    parts.map((problem) => {
      const { geometry } = problem;
      const { bind, params, constants } = backwardInputOperands(problem, form.lanes);
      return {
        shader,
        entry: 'backward_input',
        bind,
        params: { ...common(geometry, form), ...params },
        constants: { ...windowConstants(geometry), ...constants },
        variant: form.variant,
        workgroups: grid(tiles(params.rows, geometry.x.channels, form.tile), 1, target),
      };
    }),
});

const TILES = [TALL, SHORT, SCALAR];

export const registerForward = TILES.map(forwardKernel);
export const registerBackwardInput = TILES.map(backwardInputKernel);
