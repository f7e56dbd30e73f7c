import {
  tapsOf,
  windowConstants,
  type BackwardWeightProblem,
  type Geometry,
  type WeightKernel,
} from './problem';
import shader from '../../../shaders/conv2d.wgsl';
import { SCALAR, VECTOR, WORKGROUP, common, grid, tiles, type RegisterTile } from './register';
import { backwardWeightOperands } from './operands';
import { splitsOf } from './splits';

/** Sums shorter than this are not worth another split. */
const LEAST_PIXELS_PER_SPLIT = 256;

/** A tile of 8 input channels would compute those of an image, 3 and one of padding, twice. */
const isNarrow = (form: RegisterTile, { x }: Geometry): boolean => form.lanes === 4 && x.channels <= 4;

/** One for each tile and, for the bias, one more for each column of tiles. */
function weightThreads(form: RegisterTile, { geometry, db }: BackwardWeightProblem): number {
  const tile = isNarrow(form, geometry) ? ([4, 8] as const) : form.weightTile;
  const { x, y } = geometry;
  return tapsOf(geometry) * tiles(x.channels, y.channels, tile) + (db ? tiles(1, y.channels, tile) : 0);
}

const weightKernel = (form: RegisterTile): WeightKernel => ({
  name: form.name,
  columns: form.weightTile[1],
  supports: (problem, target) => form.supports(problem, target),
  splits(problem, target) {
    const { geometry } = problem;
    const lines = geometry.batch * geometry.y.height;
    const workgroups = Math.ceil(weightThreads(form, problem) / WORKGROUP);
    const sum = { pixels: lines * geometry.y.width, workgroups, least: LEAST_PIXELS_PER_SPLIT };
    return Math.ceil(lines / Math.ceil(lines / Math.min(splitsOf(sum, target), lines)));
  },
  launches(problem, parts, target) {
    const { geometry } = problem;
    const { bind, params, constants } = backwardWeightOperands(problem, parts, form.lanes);
    const lines = geometry.batch * geometry.y.height;
    return [
      {
        shader,
        entry: 'backward_weight',
        bind,
        params: {
          ...common(geometry, form),
          ...params,
          rows: lines,
          split_lines: Math.ceil(lines / parts.splits),
          tap_rows: parts.tapRows,
        },
        constants: { ...windowConstants(geometry), ...constants },
        variant: isNarrow(form, geometry) ? { TC: 1 } : form.variant,
        workgroups: grid(weightThreads(form, problem), parts.splits, target),
      },
    ];
  },
});

export const registerBackwardWeight = [VECTOR, SCALAR].map(weightKernel);
