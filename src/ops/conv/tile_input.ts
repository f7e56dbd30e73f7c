import type { Launch, Target } from '../../core/op';
import { launchTouches } from '../../lowering/epilogue';
import tileShader from '../../../shaders/conv2d_tile_input.wgsl';
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
  const { geometry, dy, w, dx, add, mask } = problem;
  const stage = staging(tile, geometry);
  const rows = pixels(geometry, 'x');
  const touches = launchTouches({ ...(add && { add }), ...(mask && { mask }) }, dy.value);
  return {
    shader: tileShader,
    entry: 'backward_input',
    bind: { dy: dy.value, w: w.value, dx: dx.value, ...touches.bind },
    params: {
      rows,
      x_h: geometry.x.height,
      x_w: geometry.x.width,
      y_h: geometry.y.height,
      y_w: geometry.y.width,
      blocks: Math.ceil(geometry.y.channels / 4) / stage.K,
      ci: geometry.x.channels / 4,
      x_stride: dx.view.stride / 4,
      x_offset: dx.view.offset / 4,
      y_stride: dy.view.stride / 4,
      y_offset: dy.view.offset / 4,
      w_stride: w.view.stride / 4,
      w_offset: w.view.offset / 4,
      tap_rows: geometry.tapRows,
      add_stride: (add?.view.stride ?? 0) / 4,
      add_offset: (add?.view.offset ?? 0) / 4,
      mask_stride: (mask?.view.stride ?? 0) / 4,
      mask_offset: (mask?.view.offset ?? 0) / 4,
      ...ONE_PRODUCT,
    },
    constants: { ...windowConstants(geometry), ...touches.constants },
    variant: {
      TM: tile.rows,
      TN: tile.vectors,
      LX: tile.across,
      LY: tile.down,
      WG: threadsOf(tile),
      ...stage,
    },
    workgroups: tileGrid(tile, rows, geometry.x.channels, target),
  };
}
