import { requireOneOf } from '../core/check';
import { centreCrop } from './centre_crop';
import { requirePicture, type CropNumbers, type PictureSize } from './crop_numbers';

/** How many parts of a picture may be looked at, of whose probabilities the mean counts. */
export const CROP_COUNTS = [1, 10, 144] as const;
/** One of them. */
export type CropCount = (typeof CROP_COUNTS)[number];

/** Shorter sides that a picture is scaled to before squares of 224 are cut. */
const TEN = [256];
const PAPER = [256, 288, 320, 352];

/**
 * The squares that an evaluation looks at, for rows of `cropTable`: the mean of their probabilities is the picture's.
 *
 * 1: `centreCrop`. 10: of the square in the centre its corners and its own centre, each 224 / 256 of its side, and all of them
 * mirrored (Krizhevsky et al., NIPS 2012, section 4.1). 144: the picture's shorter side is taken as 256, 288, 320 and 352; of
 * the squares at the left, in the centre and at the right (of an upright picture at the top, in the centre and at the bottom)
 * the corners and the centre of 224 and the whole, and all of them mirrored (Szegedy et al., "Going deeper with
 * convolutions", section 7). Nothing is scaled in between: a whole square comes four times, as it is weighed there.
 * @param picture the sizes of the decoded picture, 1 to 16383 pixels; it may be the picture itself
 * @param count 1, 10 or 144
 * @throws {ValueError} for sizes that make no sense, or another count
 */
export function evaluationCrops(picture: PictureSize, count: CropCount): CropNumbers[] {
  requirePicture('evaluationCrops', picture);
  requireOneOf('evaluationCrops', 'count', count, CROP_COUNTS);
  const centre = centreCrop(picture);
  if (count === 1) return [centre];
  const { width, height } = picture;
  const side = Math.min(width, height);
  const all = count === 144;
  const crops = (all ? PAPER : TEN).flatMap((shorter) => {
    const inner = (side * 224) / shorter;
    const [far, middle] = [side - inner, (side - inner) / 2];
    const corners = [0, far].flatMap((x) => [0, far].map((y) => [x, y] as const));
    const places = [...corners, [middle, middle] as const];
    return (all ? [0, 0.5, 1] : [0.5]).flatMap((along) => {
      const [left, top] = [along * (width - side), along * (height - side)];
      const squares = places.map(([x, y]) => ({ left: left + x, top: top + y, width: inner, height: inner }));
      return all ? [...squares, { left, top, width: side, height: side }] : squares;
    });
  });
  return [false, true].flatMap((mirror) => crops.map((rectangle) => ({ ...centre, rectangle, mirror })));
}
