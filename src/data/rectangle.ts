import type { Words4 } from '../core/random';
import type { PictureSize, Rectangle } from './crop_numbers';
import type { NumberRange } from './recipe';

/** How often a rectangle is drawn before the largest one is taken. */
export const TRIES = 10;

/** The number that lies `share` of the way from one to the other. */
const mix = ([least, most]: NumberRange, share: number): number => least + (most - least) * share;

/**
 * A rectangle of whole pixels, as `RandomResizedCrop` of torchvision draws it: the first of the tries that fits the picture,
 * else the largest that its aspect allows.
 * @param tries each gives four numbers from 0 up to but not 1: for area, aspect, left and top
 */
export function randomRectangle(
  picture: PictureSize,
  area: NumberRange,
  aspect: NumberRange,
  tries: readonly (() => Words4)[],
): Rectangle {
  const logarithms = [Math.log(aspect[0]), Math.log(aspect[1])] as const;
  for (const draw of tries) {
    const [share, shape, across, down] = draw();
    const pixels = picture.width * picture.height * mix(area, share);
    const ratio = Math.exp(mix(logarithms, shape));
    const width = Math.round(Math.sqrt(pixels * ratio));
    const height = Math.round(Math.sqrt(pixels / ratio));
    if (width < 1 || height < 1 || width > picture.width || height > picture.height) continue;
    const left = Math.floor(across * (picture.width - width + 1));
    const top = Math.floor(down * (picture.height - height + 1));
    return { left, top, width, height };
  }
  return largestRectangle(picture, aspect);
}

/** The largest rectangle of whole pixels that `aspect` allows, in the centre. */
export function largestRectangle(picture: PictureSize, [least, most]: NumberRange): Rectangle {
  const ratio = picture.width / picture.height;
  const width = ratio > most ? Math.max(1, Math.round(picture.height * most)) : picture.width;
  const height = ratio < least ? Math.max(1, Math.round(picture.width / least)) : picture.height;
  const left = Math.floor((picture.width - width) / 2);
  const top = Math.floor((picture.height - height) / 2);
  return { left, top, width, height };
}
