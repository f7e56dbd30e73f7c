import type { Launch, Scratch, Target } from '../../core/op';
import shader from '../../../shaders/winograd.wgsl';
import { onePerThread, places } from '../elementwise';
import { launchTouches } from '../epilogue';
import {
  UNUSED,
  allowsVectors,
  computesOnCpu,
  type BackwardInputProblem,
  type ConvKernel,
  type ForwardProblem,
  type Geometry,
  type Placed,
} from './problem';
import { hasQuads } from './quad';
import { quadProducts } from './quad_products';

/**
 * Winograd's convolution for 3x3 kernels of stride 1, forward and back to the input: 4 (2x2) or 2.25 (4x4) products per
 * output and channel pair instead of 9, for transforms of input, weights and output in launches of their own.
 */
interface Form {
  readonly name: string;
  /** Pixels of a tile along an axis. */
  readonly out: number;
  readonly variant: Readonly<Record<string, number | string>>;
}

const form = (out: 2 | 4): Form => ({
  name: `winograd ${out}x${out}`,
  out,
  variant: {
    OUT: out,
    POINTS: out + 2,
    INPUT: `INPUT_${out}`,
    WEIGHT: `WEIGHT_${out}`,
    OUTPUT: `OUTPUT_${out}`,
  },
});

const FORMS: readonly Form[] = [form(4), form(2)];

const fits = ({ window }: Geometry): boolean =>
  [...window.kernel].every((size) => size === 3) &&
  window.stride.every((stride) => stride === 1) &&
  window.padding.every((side) => side <= 2);

type Plane = Geometry['x'];

/** One direction of a convolution: a plane that is read, a plane that is written. */
interface Direction {
  readonly batch: number;
  readonly source: Plane;
  readonly result: Plane;
  readonly padTop: number;
  readonly padLeft: number;
  readonly from: Placed;
  readonly to: Placed;
  readonly w: Placed;
  readonly tapRows: number;
  /** True for the input gradient: taps in reverse, input and output channels exchanged. */
  readonly back: boolean;
  readonly b?: Placed | undefined;
  readonly rest?: ForwardProblem['rest'];
  readonly add?: Placed | undefined;
  readonly mask?: Placed | undefined;
  readonly relu?: boolean;
}

function launches({ out, variant }: Form, direction: Direction, target: Target): readonly Launch[] {
  const { batch, source, result, from, to, w, b, rest, add, mask, back } = direction;
  const [tilesHeight, tilesWidth] = [Math.ceil(result.height / out), Math.ceil(result.width / out)];
  const tiles = batch * tilesHeight * tilesWidth;
  const [inputs, outputs] = [source.channels / 4, result.channels / 4];
  const count = (out + 2) ** 2;
  const scratch = (name: string, elements: number): Scratch => ({
    scratch: name,
    elements: count * elements,
  });
  const v = scratch('v', tiles * source.channels);
  const u = scratch('u', source.channels * result.channels);
  const m = scratch('m', tiles * result.channels);
  // Rows of the weights are x's channels in both directions.
  const [weightRows, weightColumns] = back ? [result.channels, inputs] : [source.channels, outputs];

  const touches = launchTouches({ ...(add && { add }), ...(mask && { mask }) }, w.value);
  const params = {
    tiles_h: tilesHeight,
    tiles_w: tilesWidth,
    x_h: source.height,
    x_w: source.width,
    y_h: result.height,
    y_w: result.width,
    tap_rows: direction.tapRows,
    b_offset: (b?.view.offset ?? 0) / 4,
    rest_first: (rest?.first ?? 0) / 4,
    ...places({ x: from.view, y: to.view, w: w.view, rest: rest?.view, ...touches.views }, 4),
  };
  const transform = (
    entry: string,
    rows: number,
    columns: number,
    bind: Launch['bind'],
    constants: Launch['constants'],
  ): Launch => {
    const { constants: size, workgroups } = onePerThread(rows * columns, target);
    return {
      shader,
      entry,
      bind,
      variant,
      params: { rows, columns, ...params },
      constants: { ...size, ...constants },
      workgroups,
    };
  };
  const sizes = { count, rows: tiles, inner: source.channels, columns: result.channels };
  return [
    transform(
      'input_transform',
      tiles,
      inputs,
      { x: from.value, v },
      { PAD_TOP: direction.padTop, PAD_LEFT: direction.padLeft },
    ),
    transform('weight_transform', weightRows, weightColumns, { w: w.value, u }, { FLIP: back }),
    quadProducts(sizes, { from: v, w: u, to: m }, back, target),
    transform(
      'output_transform',
      tiles,
      outputs,
      {
        m,
        b: (b ?? w).value,
        y: to.value,
        y_rest: rest?.value ?? UNUSED,
        ...touches.bind,
      },
      {
        BIAS: b !== undefined,
        RELU: direction.relu ?? false,
        REST: rest !== undefined,
        ...touches.constants,
      },
    ),
  ];
}

/** Bytes that WebGPU lets a shader bind on every adapter. */
const GUARANTEED_BINDING = 2 ** 27;

/** Bytes of the largest of the transformed tensors. */
function largestScratch({ out }: Form, { batch, x, y }: Geometry, plane: Plane): number {
  const tiles = batch * Math.ceil(plane.height / out) * Math.ceil(plane.width / out);
  const elements = Math.max(tiles * Math.max(x.channels, y.channels), x.channels * y.channels);
  return 4 * (out + 2) ** 2 * elements;
}

const supports = (
  each: Form,
  problem: ForwardProblem | BackwardInputProblem,
  plane: Plane,
  target: Target,
): boolean =>
  hasQuads(target) &&
  allowsVectors(problem) &&
  fits(problem.geometry) &&
  (problem.geometry.x.channels | problem.geometry.y.channels) % 4 === 0 &&
  largestScratch(each, problem.geometry, plane) <= GUARANTEED_BINDING;

/**
 * Where the CPU computes, products cost most, so tiles of 4x4 win, save on planes so small that the weights' transform
 * costs more than it spares (measured on SwiftShader). On GPUs nobody has run it, so it comes last there.
 */
function preferenceOf({ out }: Form, plane: Plane, target: Target): number {
  if (!computesOnCpu(target)) return -2;
  // Not by the batch: another one must not need other pipelines.
  return out === 4 && plane.height * plane.width >= 196 ? 3 : 1;
}

export const winogradForward: readonly ConvKernel<ForwardProblem>[] = FORMS.map((each) => ({
  name: each.name,
  supports: (problem, target) => supports(each, problem, problem.geometry.y, target),
  preference: ({ geometry: { y } }, target) => preferenceOf(each, y, target),
  launches({ geometry, x, w, b, y, rest, relu }, target) {
    const [padTop, padLeft] = geometry.window.padding;
    const { batch, tapRows } = geometry;
    const planes = { source: geometry.x, result: geometry.y, padTop, padLeft };
    const tensors = { from: x, to: y, w, b, rest, relu };
    return launches(each, { batch, tapRows, back: false, ...planes, ...tensors }, target);
  },
}));

export const winogradBackwardInput: readonly ConvKernel<BackwardInputProblem>[] = FORMS.map((each) => ({
  name: each.name,
  supports: (problem, target) => supports(each, problem, problem.geometry.x, target),
  preference: ({ geometry: { x } }, target) => preferenceOf(each, x, target),
  launches({ geometry, dy, w, dx, add, mask }, target) {
    const [top, left] = geometry.window.padding;
    const { batch, tapRows } = geometry;
    const planes = { source: geometry.y, result: geometry.x, padTop: 2 - top, padLeft: 2 - left };
    const tensors = { from: dy, to: dx, w, add, mask };
    return launches(each, { batch, tapRows, back: true, ...planes, ...tensors }, target);
  },
}));
