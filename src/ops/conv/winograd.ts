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

/** Elements of the transformed input and output of one picture, and of the weights; see `winograd.wgsl`. */
function scratchElements({ out }: Form, source: Plane, result: Plane) {
  const tiles = Math.ceil(result.height / out) * Math.ceil(result.width / out);
  const points = (out + 2) ** 2;
  return {
    v: points * tiles * source.channels,
    u: points * source.channels * result.channels,
    m: points * tiles * result.channels,
  };
}

/** The weights are transformed once, for all parts; the parts' other working memory is that of the first. */
const launches = (each: Form, directions: readonly Direction[], target: Target): Launch[] =>
  directions.flatMap((direction, index) => {
    const { input, weights, products, output } = launchesOf(each, direction, target);
    return [...(index === 0 ? [weights] : []), input, products, output];
  });

function launchesOf(each: Form, direction: Direction, target: Target) {
  const { out, variant } = each;
  const { batch, source, result, from, to, w, b, rest, add, mask, back } = direction;
  const [tilesHeight, tilesWidth] = [Math.ceil(result.height / out), Math.ceil(result.width / out)];
  const tiles = batch * tilesHeight * tilesWidth;
  const [inputs, outputs] = [source.channels / 4, result.channels / 4];
  const elements = scratchElements(each, source, result);
  const v: Scratch = { scratch: 'v', elements: batch * elements.v };
  const u: Scratch = { scratch: 'u', elements: elements.u };
  const m: Scratch = { scratch: 'm', elements: batch * elements.m };
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
  const sizes = { count: (out + 2) ** 2, rows: tiles, inner: source.channels, columns: result.channels };
  return {
    input: transform(
      'input_transform',
      tiles,
      inputs,
      { x: from.value, v },
      { PAD_TOP: direction.padTop, PAD_LEFT: direction.padLeft },
    ),
    weights: transform('weight_transform', weightRows, weightColumns, { w: w.value, u }, { FLIP: back }),
    products: quadProducts(sizes, { from: v, w: u, to: m }, back, target),
    output: transform(
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
  };
}

/** Bytes that WebGPU lets a shader bind on every adapter. */
const GUARANTEED_BINDING = 2 ** 27;

/** Bytes of working memory that a node should keep to: large batches go in parts. */
const MOST_SCRATCH = 2 ** 26;

function picturesAtOnce(each: Form, source: Plane, result: Plane): number {
  const { v, u, m } = scratchElements(each, source, result);
  return Math.floor((MOST_SCRATCH / 4 - u) / (v + m));
}

const supports = (
  each: Form,
  problem: ForwardProblem | BackwardInputProblem,
  [source, result]: readonly [Plane, Plane],
  target: Target,
): boolean =>
  hasQuads(target) &&
  allowsVectors(problem) &&
  fits(problem.geometry) &&
  (problem.geometry.x.channels | problem.geometry.y.channels) % 4 === 0 &&
  // Of one picture, for how many there are must not decide which kernel it is.
  Object.values(scratchElements(each, source, result)).every(
    (elements) => 4 * elements <= GUARANTEED_BINDING,
  );

/**
 * Where the CPU computes, products cost most, so tiles of 4x4 win, save on planes so small that the weights' transform
 * costs more than it spares (measured on SwiftShader). On GPUs nobody has run it, so it comes last there.
 */
function preferenceOf({ out }: Form, plane: Plane, target: Target): number {
  if (!computesOnCpu(target)) return -2;
  // Not by the batch: another one must not need other pipelines.
  return out === 4 && plane.height * plane.width >= 196 ? 3 : 1;
}

function forwardDirection({ geometry, x, w, b, y, rest, relu }: ForwardProblem): Direction {
  const [padTop, padLeft] = geometry.window.padding;
  const { batch, tapRows } = geometry;
  const planes = { source: geometry.x, result: geometry.y, padTop, padLeft };
  return { batch, tapRows, back: false, ...planes, from: x, to: y, w, b, rest, relu };
}

function backwardDirection({ geometry, dy, w, dx, add, mask }: BackwardInputProblem): Direction {
  const [top, left] = geometry.window.padding;
  const { batch, tapRows } = geometry;
  const planes = { source: geometry.y, result: geometry.x, padTop: 2 - top, padLeft: 2 - left };
  return { batch, tapRows, back: true, ...planes, from: dy, to: dx, w, add, mask };
}

export const winogradForward: readonly ConvKernel<ForwardProblem>[] = FORMS.map((each) => ({
  name: each.name,
  supports: (problem, target) => supports(each, problem, [problem.geometry.x, problem.geometry.y], target),
  preference: ({ geometry: { y } }, target) => preferenceOf(each, y, target),
  picturesAtOnce: ({ geometry: { x, y } }) => picturesAtOnce(each, x, y),
  launches: (parts, target) => launches(each, parts.map(forwardDirection), target),
}));

export const winogradBackwardInput: readonly ConvKernel<BackwardInputProblem>[] = FORMS.map((each) => ({
  name: each.name,
  supports: (problem, target) => supports(each, problem, [problem.geometry.y, problem.geometry.x], target),
  preference: ({ geometry: { x } }, target) => preferenceOf(each, x, target),
  picturesAtOnce: ({ geometry: { x, y } }) => picturesAtOnce(each, y, x),
  launches: (parts, target) => launches(each, parts.map(backwardDirection), target),
}));
