import { isTyped, requireObject, requireWhole, typeName } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { DecodedPicture } from '../data/picture';
import type { Tensor } from '../runtime/flat_buffer';
import { heatColour } from './heat';
import { rangeOf, requireNumbers, shareOf } from './tensor';

/** How a map is laid over a picture. */
export interface OverlayOptions {
  /** 0: the picture alone; 1: the map alone. Default 0.6. */
  readonly opacity?: number;
  /** Share of the map's largest numbers that all have the lightest colour: a few may outshine the others. Default 0. */
  readonly clip?: number;
}

const OPTIONS: Rules<OverlayOptions> = {
  opacity: is.number({ least: 0, most: 1 }),
  clip: is.number({ least: 0, below: 1 }),
};

/**
 * A map over a picture, in the colours of `heatColour`: its least number is dark blue, its largest light yellow. The map is
 * stretched over the picture, bilinearly.
 * @param map (H, W), such as `classActivation` gives
 * @param picture such as `decodePicture` gives; it stays as it is
 * @returns a picture of the same size
 * @throws {ShapeError | ValueError} for a map or a picture that is none, or options that make no sense
 */
export function overlay(map: Tensor, picture: DecodedPicture, options: OverlayOptions = {}): DecodedPicture {
  const where = 'overlay';
  requireNumbers(where, 'map', map, ['(H, W)']);
  requireObject(where, 'picture', picture, ['width', 'height', 'data']);
  const { width, height, data } = picture;
  requireWhole(where, 'width of the picture', width, 1);
  requireWhole(where, 'height of the picture', height, 1);
  if (!isTyped(data, 'Uint8Array'))
    throw new ValueError(where, 'the data of the picture must be a Uint8Array', typeName(data));
  if (data.length !== 4 * width * height)
    throw new ShapeError(
      where,
      `a picture of ${width} x ${height} has ${4 * width * height} bytes`,
      `${data.length}`,
    );
  checkOptions(where, options, OPTIONS);
  const { opacity = 0.6, clip = 0 } = options;
  const [rows = 1, columns = 1] = map.shape;
  const range = rangeOf(map.data, clip);
  const [down, across] = [stretch(rows, height), stretch(columns, width)];
  const mixed = new Uint8Array(data.length);
  for (let place = 0; place < width * height; place++) {
    const [y, x] = [down[Math.floor(place / width)]!, across[place % width]!];
    const at = (row: number): number =>
      (1 - x.part) * map.data[row * columns + x.from]! + x.part * map.data[row * columns + x.to]!;
    const colour = heatColour(shareOf((1 - y.part) * at(y.from) + y.part * at(y.to), range));
    colour.forEach((byte, index) => {
      mixed[4 * place + index] = Math.round(opacity * byte + (1 - opacity) * data[4 * place + index]!);
    });
    mixed[4 * place + 3] = 255;
  }
  return { width, height, data: mixed };
}

/** Of each of `to` pixels: the two of `from` numbers between whose centres its own lies, and how near it is to the second. */
function stretch(from: number, to: number) {
  return Array.from({ length: to }, (_, pixel) => {
    const centre = Math.min(from - 1, Math.max(0, ((pixel + 0.5) * from) / to - 0.5));
    const first = Math.floor(centre);
    return { from: first, to: Math.min(from - 1, first + 1), part: centre - first };
  });
}
