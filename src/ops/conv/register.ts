import type { Target, View } from '../../core/op';
import { computesOnCpu } from '../../core/targets';
import { foldWorkgroups } from '../../core/rows';
import shader from '../../../shaders/conv2d.wgsl';
import { launchTouches } from '../../lowering/epilogue';
import {
  UNUSED,
  allowsVectors,
  pixels,
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
  readonly lanes: number;
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

interface ProblemViews {
  readonly x?: View;
  readonly y?: View;
  readonly w: View;
  readonly b?: View | undefined;
  readonly rest?: (View & { readonly first: number }) | undefined;
  readonly add?: View | undefined;
  readonly mask?: View | undefined;
}

export function params({ lanes }: RegisterTile, geometry: Geometry, views: ProblemViews) {
  const { x, y } = geometry;
  const unit = (elements = 0) => elements / lanes;
  return {
    x_h: x.height,
    x_w: x.width,
    y_h: y.height,
    y_w: y.width,
    ci: Math.ceil(x.channels / lanes),
    co: Math.ceil(y.channels / lanes),
    x_stride: unit(views.x?.stride),
    x_offset: unit(views.x?.offset),
    y_stride: unit(views.y?.stride),
    y_offset: unit(views.y?.offset),
    w_stride: unit(views.w.stride),
    w_offset: unit(views.w.offset),
    b_offset: unit(views.b?.offset),
    tap_rows: geometry.tapRows,
    split_lines: 0,
    split_stride: 0,
    rest_first: unit(views.rest?.first),
    rest_stride: unit(views.rest?.stride),
    rest_offset: unit(views.rest?.offset),
    add_stride: unit(views.add?.stride),
    add_offset: unit(views.add?.offset),
    mask_stride: unit(views.mask?.stride),
    mask_offset: unit(views.mask?.offset),
    bias_offset: 0,
  };
}

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
    parts.map(({ geometry, x, w, b, y, rest, relu }) => {
      const rows = pixels(geometry, 'y');
      const restView = rest && { ...rest.view, first: rest.first };
      const views = { x: x.view, y: y.view, w: w.view, b: b?.view, rest: restView };
      return {
        shader,
        entry: 'forward',
        // A variable always needs a buffer: without a bias the weights stand in, unread.
        bind: { x: x.value, w: w.value, b: (b ?? w).value, y: y.value, rest: rest?.value ?? UNUSED },
        params: { rows, ...params(form, geometry, views) },
        constants: {
          ...windowConstants(geometry),
          BIAS: b !== undefined,
          RELU: relu,
          REST: rest !== undefined,
        },
        variant: form.variant,
        workgroups: grid(tiles(rows, geometry.y.channels, form.tile), 1, target),
      };
    }),
});

const backwardInputKernel = (form: RegisterTile): ConvKernel<BackwardInputProblem> => ({
  name: form.name,
  supports: (problem, target) => form.supports(problem, target),
  launches: (parts, target) =>
    parts.map(({ geometry, dy, w, dx, add, mask }) => {
      const rows = pixels(geometry, 'x');
      const touches = launchTouches({ ...(add && { add }), ...(mask && { mask }) }, dy.value);
      return {
        shader,
        entry: 'backward_input',
        bind: { dy: dy.value, w: w.value, dx: dx.value, ...touches.bind },
        params: {
          rows,
          ...params(form, geometry, { x: dx.view, y: dy.view, w: w.view, ...touches.views }),
        },
        constants: { ...windowConstants(geometry), ...touches.constants },
        variant: form.variant,
        workgroups: grid(tiles(rows, geometry.x.channels, form.tile), 1, target),
      };
    }),
});

const TILES = [TALL, SHORT, SCALAR];

export const registerForward = TILES.map(forwardKernel);
export const registerBackwardInput = TILES.map(backwardInputKernel);
