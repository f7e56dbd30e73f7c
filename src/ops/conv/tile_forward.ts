import type { Launch, Target } from '../../core/op';
import { roundUp } from '../../core/shape';
import tileShader from '../../../shaders/conv2d_tile.wgsl';
import { channels, forwardOperands } from './operands';
import {
  windowConstants,
  ONE_PRODUCT,
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
  const { geometry } = problem;
  const { bind, params, constants } = forwardOperands(problem);
  const stage = staging(tile, geometry);
  const flat = isFlat(geometry);
  const { ci, co } = channels(geometry);
  return {
    shader: tileShader,
    entry: 'forward',
    bind,
    params: { ...params, co, blocks: flat ? 1 : ci / stage.K, ...ONE_PRODUCT },
    constants: {
      ...windowConstants(geometry),
      ...(flat && { KERNEL_W: 1, FLAT: true }),
      ...constants,
    },
    variant: {
      TM: tile.rows,
      TN: tile.vectors,
      LX: tile.across,
      LY: tile.down,
      WG: threadsOf(tile),
      ...stage,
    },
    workgroups: tileGrid(tile, params.rows, geometry.y.channels, target),
  };
}

export const tileForward = TILES.map(kernel);
