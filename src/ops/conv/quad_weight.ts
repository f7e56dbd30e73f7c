import type { Target } from '../../core/op';
import shader from '../../../shaders/conv2d_quad_weight.wgsl';
import {
  allowsVectors,
  pixels,
  tapsOf,
  type BackwardWeightProblem,
  type Geometry,
  type WeightKernel,
} from './problem';
import { hasQuads, quadPreference, tiling, windowOverrides, workgroup } from './quad';
import { backwardWeightOperands } from './operands';
import { splitsOf } from './splits';

/** Rows of a tile in fours of vectors, columns likewise; the numbers repeat constants of the shader. */
const TILE = { TM: 1, TN: 2 };

/** Sums shorter than this are not worth another split. */
const LEAST_PIXELS_PER_SPLIT = 128;

const weightVectors = (geometry: Geometry): number => tapsOf(geometry) * Math.ceil(geometry.x.channels / 4);

const weightTiling = ({ geometry }: BackwardWeightProblem, target: Target) =>
  tiling(weightVectors(geometry), geometry.y.channels / 4, TILE, target);

export const quadBackwardWeight: WeightKernel = {
  name: 'quad 16x32',
  columns: 16 * TILE.TN,
  supports: (problem, target) => hasQuads(target) && allowsVectors(problem),
  preference: quadPreference,
  splits(problem, target) {
    const [x, z] = weightTiling(problem, target).grid;
    const all = pixels(problem.geometry, 'y');
    const splits = splitsOf({ pixels: all, workgroups: x * z, least: LEAST_PIXELS_PER_SPLIT }, target);
    return Math.ceil(all / splitPixels(problem.geometry, splits));
  },
  launches(problem, parts, target) {
    const { geometry } = problem;
    const { bind, params, constants } = backwardWeightOperands(problem, parts);
    const { columnTiles, grid } = weightTiling(problem, target);
    const { height, width } = geometry.y;
    return [
      {
        shader,
        entry: 'backward_weight',
        bind,
        params: {
          ...params,
          column_tiles: columnTiles,
          vectors: weightVectors(geometry),
          pixels: pixels(geometry, 'y'),
          split_pixels: splitPixels(geometry, parts.splits),
          ahead_n: Math.floor(4 / (height * width)),
          ahead_h: Math.floor(4 / width) % height,
          ahead_w: 4 % width,
          tap_rows: parts.tapRows,
        },
        constants: { ...windowOverrides(geometry), WG: workgroup(target), ...constants },
        // x-then-z folding: y is for the splits.
        workgroups: [grid[0], parts.splits, grid[1]],
      },
    ];
  },
};

/** Pixels of each split but the last: whole blocks of 4. */
const splitPixels = (geometry: Geometry, splits: number): number =>
  4 * Math.ceil(pixels(geometry, 'y') / splits / 4);
