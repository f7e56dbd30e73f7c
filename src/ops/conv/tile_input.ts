import type { Launch, Target } from '../../core/op';
import tileShader from '../../../shaders/conv2d_tile_input.wgsl';
import { backwardInputOperands, channels } from './operands';
import {
  windowConstants,
  ONE_PRODUCT,
  allowsVectors,
  pixels,
  type BackwardInputProblem,
  type ConvKernel,
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
  readonly KL: number;
  readonly KS: number;
  readonly YR: number;
  readonly WR: number;
  readonly ASIDE: number;
}

function staging(tile: Tile, geometry: Geometry): Staging {
  const threads = threadsOf(tile);
  const parts = (K: number): Staging => {
    const KL = Math.min(2, K);
    const places = rowsOfTile(tile) * KL;
    const whole = places % threads === 0;
    return {
      K,
      KL,
      KS: K / KL,
      YR: Math.ceil(places / threads),
      WR: Math.ceil((4 * vectorsOfTile(tile) * KL) / threads),
      ASIDE: whole && !windowConstants(geometry).PADDED ? 0 : threads,
    };
  };
  const block = blockVectors(tile, Math.ceil(geometry.y.channels / 4), (K) => {
    const part = parts(K);
    return { memory: memory(tile, part), registers: (part.YR + part.WR) * part.KS };
  });
  return parts(block);
}

const memory = (tile: Tile, { K, KL, KS, ASIDE }: Staging): number =>
  KS * (rowsOfTile(tile) * KL + ASIDE) + 4 * K * vectorsOfTile(tile);

const kernel = (tile: Tile): ConvKernel<BackwardInputProblem> => ({
  name: tileName(tile),
  supports: (problem, target) =>
    allowsVectors(problem) && fits(tile, memory(tile, staging(tile, problem.geometry)), target),
  preference({ geometry }, target, times) {
    const { K, YR, WR } = staging(tile, geometry);
    const product = {
      rows: pixels(geometry, 'x'),
      columns: geometry.x.channels,
      products: 4 * K * tile.rows * 4 * tile.vectors,
      fetching: 3 * YR + WR,
      ...(times !== undefined && { times }),
    };
    return tilePreference(tile, product, target);
  },
  launches: (parts, target) => parts.map((part) => launch(tile, part, target)),
});

export const tileBackwardInput = TILES.map(kernel);

function launch(tile: Tile, problem: BackwardInputProblem, target: Target): Launch {
  const { geometry } = problem;
  const { bind, params, constants } = backwardInputOperands(problem);
  const stage = staging(tile, geometry);
  const { ci, co } = channels(geometry);
  return {
    shader: tileShader,
    entry: 'backward_input',
    bind,
    params: { ...params, ci, blocks: co / stage.K, tap_rows: geometry.tapRows, ...ONE_PRODUCT },
    constants: { ...windowConstants(geometry), ...constants },
    variant: {
      TM: tile.rows,
      TN: tile.vectors,
      LX: tile.across,
      LY: tile.down,
      WG: threadsOf(tile),
      ...stage,
    },
    workgroups: tileGrid(tile, params.rows, geometry.x.channels, target),
  };
}
