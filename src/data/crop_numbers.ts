import { requireArray, requireObject, requireWhole, shown } from '../core/check';
import { ValueError } from '../core/errors';
import { checkOptions, group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { INTERPOLATIONS, LARGEST_SIDE, STEPS } from '../ops/crop_table';

/** Sizes of a decoded picture in pixels, 1 to 16383. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A part of a picture in pixels, from the picture's upper left corner. `crop` counts it in 1/64 of a pixel. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A way to sample a picture; the op `crop` says what each computes. */
export type Interpolation = (typeof INTERPOLATIONS)[number];

/** 3 x 4 numbers, row by row: each new colour is a sum of red, green, blue and 1, all as shares of 255. */
export type ColourMatrix = readonly number[];

/** An image that is mixed in, as MixUp does (Zhang et al. 2018): share * own + (1 - share) * partner. */
export interface Mix {
  /** Row of the other, whose own mix does not count. */
  readonly partner: number;
  /** 0 to 1. */
  readonly share: number;
}

/** What the op `crop` does to one picture. */
export interface CropNumbers {
  readonly picture: PictureSize;
  /** Lies inside of the picture. */
  readonly rectangle: Rectangle;
  /** Whether left and right change places. */
  readonly mirror: boolean;
  readonly interpolation: Interpolation;
  readonly colours: ColourMatrix;
  /** Default: nothing is mixed in. */
  readonly mix?: Mix;
}

/** A picture may have more than its sizes: pixels, a name. */
export function requirePicture(where: string, picture: PictureSize): void {
  requireObject(where, 'picture', picture, ['width', 'height']);
  requireWhole(where, 'width of the picture', picture.width, 1, LARGEST_SIDE);
  requireWhole(where, 'height of the picture', picture.height, 1, LARGEST_SIDE);
}

const RECTANGLE: Rules<Rectangle> = {
  left: is.needed(is.number({ least: 0 })),
  top: is.needed(is.number({ least: 0 })),
  width: is.needed(is.number({ above: 0 })),
  height: is.needed(is.number({ above: 0 })),
};

/** A rule for a `ColourMatrix`. */
const matrix: is.Rule = (where, name, value) => {
  const numbers = requireArray(where, name, value as readonly unknown[]);
  if (numbers.length !== 12)
    throw new ValueError(where, `${name} must be 12 numbers`, String(numbers.length));
  is.list(is.number())(where, name, numbers);
};

const NUMBERS: Rules<CropNumbers> = {
  picture: is.needed((where, _name, value) => requirePicture(where, value as PictureSize)),
  rectangle: is.needed(group(RECTANGLE)),
  mirror: is.needed(is.flag),
  interpolation: is.needed(is.oneOf(...INTERPOLATIONS)),
  colours: is.needed(matrix),
  mix: group<Mix>({ partner: is.needed(is.whole(0)), share: is.needed(is.number({ least: 0, most: 1 })) }),
};

/** Checks the numbers of a picture, and gives its rectangle in whole steps: corners are rounded, not sides. */
export function settledRectangle(where: string, numbers: CropNumbers): Rectangle {
  checkOptions(where, numbers, NUMBERS);
  const { picture, rectangle } = numbers;
  const rounded = (pixels: number): number => Math.round(pixels * STEPS) / STEPS;
  const [left, top] = [rounded(rectangle.left), rounded(rectangle.top)];
  const width = rounded(rectangle.left + rectangle.width) - left;
  const height = rounded(rectangle.top + rectangle.height) - top;
  if (!(left + width <= picture.width && top + height <= picture.height)) {
    const got = `${shown(rectangle)} in ${picture.width} x ${picture.height}`;
    throw new ValueError(where, 'the rectangle must lie inside of the picture', got);
  }
  if (width === 0 || height === 0)
    throw new ValueError(
      where,
      `the rectangle must be at least 1/${STEPS} pixel wide and high`,
      shown(rectangle),
    );
  return { left, top, width, height };
}
