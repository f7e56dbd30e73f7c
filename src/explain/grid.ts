import { ShapeError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { formatShape } from '../core/shape';
import type { DecodedPicture } from '../data/picture';
import type { Tensor } from '../runtime/flat_buffer';
import { heatColour } from './heat';
import { rangeOf, requireNumbers, shareOf } from './tensor';

/** How tiles lie beside each other. */
export interface GridOptions {
  /** Tiles in a row. Default: as many as rows, or one more. */
  readonly columns?: number;
  /** Transparent pixels between two tiles. Default 1. */
  readonly gap?: number;
  /** The numbers that are shown darkest and brightest. Default: of each tile its least and its largest. */
  readonly range?: readonly [low: number, high: number];
}

const OPTIONS: Rules<GridOptions> = { columns: is.whole(1), gap: is.whole(0), range: is.list(is.number()) };

/**
 * Feature maps, filters of a first layer, or images, as one picture: a pixel for each number, each tile between its least number
 * and its largest.
 *
 *     const { shape, data } = kept['inception3a']!; // of one image, (1, C, H, W)
 *     const picture = grid({ shape: shape.slice(1), data });
 *
 * @param tiles (N, H, W), in the colours of `heatColour`, or (N, 3, H, W), as red, green and blue
 * @throws {ShapeError | ValueError} for tiles of another shape, or options that make no sense
 */
export function grid(tiles: Tensor, options: GridOptions = {}): DecodedPicture {
  const where = 'grid';
  requireNumbers(where, 'tiles', tiles, ['(N, H, W)', '(N, 3, H, W)']);
  checkOptions(where, options, OPTIONS);
  const { shape, data } = tiles;
  const coloured = shape.length === 4;
  if (coloured && shape[1] !== 3)
    throw new ShapeError(where, 'tiles of four axes must be (N, 3, H, W)', formatShape(shape));
  const count = shape[0]!;
  const [height, width] = shape.slice(-2) as [number, number];
  const { columns = Math.ceil(Math.sqrt(count)), gap = 1, range: given } = options;
  const across = Math.min(columns, count) * (width + gap) - gap;
  const down = Math.ceil(count / columns) * (height + gap) - gap;
  const pixels = new Uint8Array(4 * across * down);
  const area = height * width;
  const numbers = data.length / count;
  for (let tile = 0; tile < count; tile++) {
    const mine = data.subarray(tile * numbers, (tile + 1) * numbers);
    const range = given ? { low: given[0], high: given[1] } : rangeOf(mine);
    const top = Math.floor(tile / columns) * (height + gap);
    const left = (tile % columns) * (width + gap);
    for (let place = 0; place < area; place++) {
      const share = (channel: number): number => shareOf(mine[channel * area + place]!, range);
      const colour = coloured ? [0, 1, 2].map((each) => Math.round(255 * share(each))) : heatColour(share(0));
      const at = (top + Math.floor(place / width)) * across + left + (place % width);
      pixels.set([...colour, 255], 4 * at);
    }
  }
  return { width: across, height: down, data: pixels };
}
