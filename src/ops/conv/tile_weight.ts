import type { Launch, Target } from '../../core/op';
import { roundUp } from '../../core/shape';
import tileShader from '../../../shaders/conv2d_tile_weight.wgsl';
import { backwardWeightOperands } from './operands';
import {
  windowConstants,
  allowsVectors,
  pixels,
  tapsOf,
  type BackwardWeightProblem,
  type Geometry,
  type Parts,
  type WeightKernel,
} from './problem';
import { splitsOf } from './splits';
import {
  WEIGHT_TILES,
  fits,
  rowsOfTile,
  threadsOf,
  tileName,
  tilePreference,
  vectorsOfTile,
  type Tile,
} from './tile';

/** Sums shorter than this are not worth another split. */
const LEAST_PIXELS_PER_SPLIT = 256;
/** Pixels of a block at most: two operands of 128 columns then take 16 KiB. */
const MOST_PIXELS = 16;
/** What a block, and a line, costs beyond its pixels, in pixels. */
const OVERHEAD = { block: 0.25, line: 0.5 };

/** How the pixels are cut up: blocks of a line, lines of an image or, for points, of all images in a row. */
interface Cut {
  readonly lines: number;
  readonly width: number;
  /** Of a block. */
  readonly pixels: number;
}

const costOfLine = (width: number, block: number): number =>
  Math.ceil(width / block) * (block + OVERHEAD.block) + OVERHEAD.line;

function cutLine(lines: number, width: number): Cut {
  const blocks = Array.from({ length: Math.min(MOST_PIXELS, width) }, (_, index) => index + 1);
  const pixels = blocks.reduce((best, block) =>
    costOfLine(width, block) < costOfLine(width, best) ? block : best,
  );
  return { lines, width, pixels };
}

/** Where pixels of x and y correspond, lines may be cut anywhere: as long as leaves enough of them to split. */
function cut(geometry: Geometry): Cut {
  const all = pixels(geometry, 'y');
  if (windowConstants(geometry).PADDED) return cutLine(all / geometry.y.width, geometry.y.width);
  const widths = Array.from({ length: Math.min(LEAST_PIXELS_PER_SPLIT, all) }, (_, index) => index + 1);
  const cuts = widths.filter((width) => all % width === 0).map((width) => cutLine(all / width, width));
  const cost = ({ lines, width, pixels: block }: Cut): number => lines * costOfLine(width, block);
  return cuts.reduce((best, each) => (cost(each) < cost(best) ? each : best));
}

const rowTiles = (tile: Tile, geometry: Geometry): number =>
  Math.ceil((tapsOf(geometry) * roundUp(geometry.x.channels, 4)) / rowsOfTile(tile));

const columnTiles = (tile: Tile, { y }: Geometry): number =>
  Math.ceil(y.channels / (4 * vectorsOfTile(tile)));

function splitLines(tile: Tile, { geometry }: BackwardWeightProblem, target: Target): number {
  const { lines, width } = cut(geometry);
  const workgroups = rowTiles(tile, geometry) * columnTiles(tile, geometry);
  const sum = { pixels: lines * width, workgroups, least: LEAST_PIXELS_PER_SPLIT };
  return Math.ceil(lines / Math.min(splitsOf(sum, target), lines));
}

/** Vectors that a thread stages of each operand; pixels beyond the block's are staged for nothing. */
function staging(tile: Tile, { pixels: block }: Cut) {
  const threads = threadsOf(tile);
  return {
    P: block,
    XR: Math.ceil(block / (threads / (rowsOfTile(tile) / 4))),
    YR: Math.ceil(block / (threads / vectorsOfTile(tile))),
  };
}

const kernel = (tile: Tile): WeightKernel => ({
  name: tileName(tile),
  columns: 4 * vectorsOfTile(tile),
  supports(problem, target) {
    const { geometry } = problem;
    const { XR, YR } = staging(tile, cut(geometry));
    return (
      allowsVectors(problem) &&
      geometry.tapRows === roundUp(geometry.x.channels, 4) &&
      rowTiles(tile, geometry) < target.maxWorkgroupsPerDimension &&
      fits(tile, (XR + YR) * threadsOf(tile), target)
    );
  },
  preference(problem, target) {
    const { geometry } = problem;
    const { P, XR, YR } = staging(tile, cut(geometry));
    const channels = Math.min(4, geometry.x.channels);
    const product = {
      rows: tapsOf(geometry) * roundUp(geometry.x.channels, 4),
      columns: geometry.y.channels,
      times: kernel(tile).splits(problem, target),
      products: P * (tile.rows / 4) * channels * 4 * tile.vectors,
      fetching: (windowConstants(geometry).PADDED ? 7 : 1) * XR + YR,
    };
    return tilePreference(tile, product, target);
  },
  splits: (problem, target) => Math.ceil(cut(problem.geometry).lines / splitLines(tile, problem, target)),
  launches: (problem, parts) => [launch(tile, problem, parts)],
});

export const tileBackwardWeight = WEIGHT_TILES.map(kernel);

function launch(tile: Tile, problem: BackwardWeightProblem, parts: Parts): Launch {
  const { geometry, db } = problem;
  const { bind, params, constants } = backwardWeightOperands(problem, parts);
  const how = cut(geometry);
  const stage = staging(tile, how);
  const window = windowConstants(geometry);
  return {
    shader: tileShader,
    entry: 'backward_weight',
    bind,
    params: {
      ...params,
      lines: how.lines,
      split_lines: Math.ceil(how.lines / parts.splits),
      blocks: Math.ceil(how.width / stage.P),
      ...(!window.PADDED && { x_h: how.lines, x_w: how.width, y_h: how.lines, y_w: how.width }),
    },
    constants: { ...window, ...constants, RAGGED: how.width % stage.P !== 0 },
    variant: {
      TC: tile.rows / 4,
      TN: tile.vectors,
      LX: tile.across,
      LY: tile.down,
      WG: threadsOf(tile),
      Q: Math.min(4, geometry.x.channels),
      ...stage,
    },
    workgroups: [columnTiles(tile, geometry), parts.splits, rowTiles(tile, geometry) + (db ? 1 : 0)],
  };
}
