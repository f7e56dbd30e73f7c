import type { Launch, Target } from '../../core/op';
import { roundUp } from '../../core/shape';
import tileShader from '../../../shaders/conv2d_tile.wgsl';
import {
  windowConstants,
  ONE_PRODUCT,
  UNUSED,
  allowsVectors,
  isFlat,
  pixels,
  type ConvKernel,
  type ForwardProblem,
  type Geometry,
} from './problem';
import {
  TILES,
  blockVectors,
  fits,
  rowsOfTile,
  threadsOf,
  tileGrid,
  tileName,
  tilePreference,
  vectorsOfTile,
  type Tile,
} from './tile';

/** How a workgroup stages its operands; the fields are constants of the shader. */
interface Staging {
  readonly K: number;
  readonly Q: number;
  readonly XL: number;
  readonly XS: number;
  readonly XR: number;
  readonly ASIDE: number;
  readonly WR: number;
}

function staging(tile: Tile, geometry: Geometry): Staging {
  const threads = threadsOf(tile);
  const flat = isFlat(geometry);
  const parts = (K: number): Staging => {
    const Q = Math.min(4, geometry.x.channels);
    const XL = flat || K === 1 ? 1 : 2;
    const places = rowsOfTile(tile) * XL;
    const whole = places % threads === 0;
    return {
      K,
      Q,
      XL,
      XS: K / XL,
      XR: Math.ceil(places / threads),
      ASIDE: flat || (whole && !windowConstants(geometry).PADDED) ? 0 : threads,
      WR: Math.ceil((K * Q * vectorsOfTile(tile)) / threads),
    };
  };
  if (flat) return parts(geometry.window.kernel[1]);
  const block = blockVectors(tile, Math.ceil(geometry.x.channels / 4), (K) => {
    const part = parts(K);
    return { memory: memory(tile, part), registers: part.XR * part.XS + part.WR };
  });
  return parts(block);
}

const memory = (tile: Tile, { K, Q, XL, XS, ASIDE }: Staging): number =>
  XS * (rowsOfTile(tile) * XL + ASIDE) + K * Q * vectorsOfTile(tile);

const kernel = (tile: Tile): ConvKernel<ForwardProblem> => ({
  name: tileName(tile),
  supports(problem, target) {
    const { geometry } = problem;
    const stage = staging(tile, geometry);
    return (
      allowsVectors(problem) &&
      geometry.tapRows === roundUp(geometry.x.channels, 4) &&
      fits(tile, memory(tile, stage), target)
    );
  },
  preference({ geometry }, target, times) {
    const { K, Q, XR, WR } = staging(tile, geometry);
    const product = {
      rows: pixels(geometry, 'y'),
      columns: geometry.y.channels,
      products: K * Q * tile.rows * 4 * tile.vectors,
      fetching: 3 * XR + WR,
      ...(times !== undefined && { times }),
    };
    return tilePreference(tile, product, target);
  },
  launches: (parts, target) => parts.map((part) => launch(tile, part, target)),
});

function launch(tile: Tile, problem: ForwardProblem, target: Target): Launch {
  const { geometry, x, w, b, y, rest, relu } = problem;
  const stage = staging(tile, geometry);
  const flat = isFlat(geometry);
  const rows = pixels(geometry, 'y');
  return {
    shader: tileShader,
    entry: 'forward',
    bind: {
      x: x.value,
      w: w.value,
      // A variable always needs a buffer: without a bias the weights stand in, unread.
      b: (b ?? w).value,
      y: y.value,
      rest: rest?.value ?? UNUSED,
    },
    params: {
      rows,
      x_h: geometry.x.height,
      x_w: geometry.x.width,
      y_h: geometry.y.height,
      y_w: geometry.y.width,
      blocks: flat ? 1 : Math.ceil(geometry.x.channels / 4) / stage.K,
      co: geometry.y.channels / 4,
      x_stride: x.view.stride / 4,
      x_offset: x.view.offset / 4,
      y_stride: y.view.stride / 4,
      y_offset: y.view.offset / 4,
      w_stride: w.view.stride / 4,
      w_offset: w.view.offset / 4,
      b_offset: (b?.view.offset ?? 0) / 4,
      first_rest: (rest?.first ?? 0) / 4,
      rest_stride: (rest?.view.stride ?? 0) / 4,
      rest_offset: (rest?.view.offset ?? 0) / 4,
      ...ONE_PRODUCT,
    },
    constants: {
      ...windowConstants(geometry),
      ...(flat && { KERNEL_W: 1, FLAT: true }),
      BIAS: b !== undefined,
      RELU: relu,
      REST: rest !== undefined,
    },
    variant: {
      TM: tile.rows,
      TN: tile.vectors,
      LX: tile.across,
      LY: tile.down,
      WG: threadsOf(tile),
      ...stage,
    },
    workgroups: tileGrid(tile, rows, geometry.y.channels, target),
  };
}

export const tileForward = TILES.map(kernel);
