import type { Launch, Target } from '../../core/op';
import shader from '../../../shaders/winograd.wgsl';
import { onePerThread, places } from '../../lowering/elementwise';
import { launchTouches } from '../../lowering/epilogue';
import { UNUSED, type BackwardInputProblem, type ForwardProblem, type Geometry } from './problem';
import { multiplyBy, operandsOf, type Multiply, type Products } from './products';

/** One of Winograd's methods, F(out x out, 3x3). */
export interface Method {
  readonly name: string;
  /** Pixels of a tile along an axis. */
  readonly out: number;
  /** What multiplies: quads where the CPU computes, tiles in workgroup memory on GPUs. */
  readonly by: 'quads' | 'tiles';
}

export type Plane = Geometry['x'];

/** One direction of a convolution: a plane that is read, a plane that is written. */
export interface Direction {
  readonly batch: number;
  readonly source: Plane;
  readonly result: Plane;
  readonly padTop: number;
  readonly padLeft: number;
  readonly from: ForwardProblem['x'];
  readonly to: ForwardProblem['y'];
  readonly w: ForwardProblem['w'];
  readonly tapRows: number;
  /** True for the input gradient: taps in reverse, input and output channels exchanged. */
  readonly back: boolean;
  readonly b?: ForwardProblem['b'];
  readonly rest?: ForwardProblem['rest'];
  readonly add?: BackwardInputProblem['add'];
  readonly mask?: BackwardInputProblem['mask'];
  readonly relu?: boolean;
}

export function forwardDirection({ geometry, x, w, b, y, rest, relu }: ForwardProblem): Direction {
  const [padTop, padLeft] = geometry.window.padding;
  const { batch, tapRows } = geometry;
  const planes = { source: geometry.x, result: geometry.y, padTop, padLeft };
  return { batch, tapRows, back: false, ...planes, from: x, to: y, w, b, rest, relu };
}

export function backwardDirection({ geometry, dy, w, dx, add, mask }: BackwardInputProblem): Direction {
  const [top, left] = geometry.window.padding;
  const { batch, tapRows } = geometry;
  const planes = { source: geometry.y, result: geometry.x, padTop: 2 - top, padLeft: 2 - left };
  return { batch, tapRows, back: true, ...planes, from: dy, to: dx, w, add, mask };
}

/** One for each point of a tile: the tiles of so many images, by the weights. */
export function productsOf({ out }: Method, images: number, source: Plane, result: Plane): Products {
  const tiles = Math.ceil(result.height / out) * Math.ceil(result.width / out);
  return { count: (out + 2) ** 2, rows: images * tiles, inner: source.channels, columns: result.channels };
}

/**
 * The weights are transformed once, for all parts; the parts' other working memory is that of the first. Not once for
 * all runs, even of inference: a trainer may change the weights that its programs share, and transformed ones would take
 * 4 times the memory of the weights for as long as the program lives (tiles of 4x4).
 */
export function launches(method: Method, parts: readonly Direction[], target: Target): Launch[] {
  const [{ batch, source, result, back }] = parts as readonly [Direction];
  const multiply = multiplyBy(method.by, productsOf(method, batch, source, result), back, target) as Multiply;
  return parts.flatMap((direction, index) => {
    const { input, weights, products, output } = launchesOf(method, direction, multiply, target);
    return [...(index === 0 ? [weights] : []), input, products, output];
  });
}

/** A transform reads and writes as many numbers at once as a thread has channels. */
type Lanes = 2 | 4;

/** A transform of 6x6 vectors of 4 would leave the cores of some GPUs fewer threads than hide their waiting. */
const inputLanes = ({ by, out }: Method): Lanes => (by === 'tiles' && out === 4 ? 2 : 4);

function launchesOf(method: Method, direction: Direction, multiply: Multiply, target: Target) {
  const { batch, source, result, from, to, w, b, rest, add, mask, back } = direction;
  const products = productsOf(method, batch, source, result);
  const { v, u, m } = operandsOf(products);
  // Rows of the weights are x's channels in both directions.
  const [weightRows, weightColumns] = back ? [result, source] : [source, result];
  const touches = launchTouches({ ...(add && { add }), ...(mask && { mask }) }, w.value);

  const transform = (
    entry: string,
    { rows, channels, lanes = 4 }: { rows: number; channels: number; lanes?: Lanes },
    bind: Launch['bind'],
    constants: Launch['constants'],
  ): Launch => {
    const columns = channels / lanes;
    const { constants: size, workgroups } = onePerThread(rows * columns, target);
    return {
      shader,
      entry,
      bind,
      params: { rows, columns, ...params(method, direction, lanes), ...places(touches.views, lanes) },
      constants: { ...size, ...constants },
      variant: variant(method, lanes),
      workgroups,
    };
  };
  return {
    input: transform(
      'input_transform',
      { rows: products.rows, channels: source.channels, lanes: inputLanes(method) },
      { x: from.value, v },
      { PAD_TOP: direction.padTop, PAD_LEFT: direction.padLeft },
    ),
    weights: transform(
      'weight_transform',
      { rows: weightRows.channels, channels: weightColumns.channels },
      { w: w.value, u },
      { FLIP: back },
    ),
    products: multiply(products),
    output: transform(
      'output_transform',
      { rows: products.rows, channels: result.channels },
      { m, b: (b ?? w).value, y: to.value, rest: rest?.value ?? UNUSED, ...touches.bind },
      {
        BIAS: b !== undefined,
        RELU: direction.relu ?? false,
        REST: rest !== undefined,
        ...touches.constants,
      },
    ),
  };
}

const variant = ({ out }: Method, lanes: Lanes) => ({
  OUT: out,
  POINTS: out + 2,
  INPUT: `INPUT_${out}`,
  WEIGHT: `WEIGHT_${out}`,
  OUTPUT: `OUTPUT_${out}`,
  channels: `vec${lanes}f`,
});

function params({ out }: Method, direction: Direction, lanes: Lanes) {
  const { source, result, from, to, w, b, rest } = direction;
  return {
    tiles_h: Math.ceil(result.height / out),
    tiles_w: Math.ceil(result.width / out),
    x_h: source.height,
    x_w: source.width,
    y_h: result.height,
    y_w: result.width,
    tap_rows: direction.tapRows,
    b_offset: (b?.view.offset ?? 0) / lanes,
    rest_first: (rest?.first ?? 0) / lanes,
    ...places({ x: from.view, y: to.view, w: w.view, rest: rest?.view }, lanes),
  };
}
