import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { INTERPOLATIONS } from '../ops/crop_table';
import { colourMatrix } from './colour_matrix';
import { requirePicture, type CropNumbers, type Interpolation, type PictureSize } from './crop_numbers';

/** Which part of a picture an evaluation looks at. */
export interface CentreCropOptions {
  /**
   * Side of the square as a share of the picture's shorter side, above 0 up to 1. Default 224 / 256: what is left where the
   * shorter side is resized to 256 and the centre of 224 is taken, as most papers do.
   */
  readonly share?: number;
  /** Default `area`: of a picture that shrinks, each pixel counts. */
  readonly interpolation?: Interpolation;
}

const OPTIONS: Rules<CentreCropOptions> = {
  share: is.number({ above: 0, most: 1 }),
  interpolation: is.oneOf(...INTERPOLATIONS),
};

/**
 * The square in the centre that evaluation looks at, neither mirrored nor with other colours, for a row of `cropTable`.
 * @param picture the sizes of the decoded picture, 1 to 16383 pixels; it may be the picture itself
 * @param options which square
 * @throws {ValueError} for sizes or options that make no sense
 */
export function centreCrop(picture: PictureSize, options: CentreCropOptions = {}): CropNumbers {
  requirePicture('centreCrop', picture);
  checkOptions('centreCrop', options, OPTIONS);
  const { share = 224 / 256, interpolation = 'area' } = options;
  const { width, height } = picture;
  const side = Math.min(width, height) * share;
  return {
    picture: { width, height },
    rectangle: { left: (width - side) / 2, top: (height - side) / 2, width: side, height: side },
    mirror: false,
    interpolation,
    colours: colourMatrix(),
  };
}
