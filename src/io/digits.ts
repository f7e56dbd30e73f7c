import { FormatError } from '../core/errors';
import { readIdx } from './idx';
import type { ImageBytes } from './image_bytes';

/** Labelled grey images. */
export interface Digits {
  readonly images: ImageBytes;
  /** The class of each image, 0 to 9. */
  readonly labels: Uint8Array;
}

export const DIGIT_CLASSES = 10;

/**
 * The two files of a set of handwritten digits, as MNIST has them.
 * @param where Names the set in errors.
 * @throws {FormatError} if a file is broken, or the two do not belong together
 */
export function readDigits(imageFile: Uint8Array, labelFile: Uint8Array, where: string): Digits {
  const images = readIdx(imageFile, `${where} images`);
  const labels = readIdx(labelFile, `${where} labels`);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (images.shape.length !== 3 || images.data.length === 0) {
    throw new FormatError(`${where} images`, 'must be (images, height, width)', images.shape.join(' x '));
  }
  if (labels.shape.length !== 1 || labels.data.length !== count) {
    const got = labels.shape.join(' x ');
    const advice = 'the two files do not belong together: fetch them again';
    throw new FormatError(`${where} labels`, `must be one number for each of ${count} images`, got, advice);
  }
  const wrong = labels.data.findIndex((label) => label >= DIGIT_CLASSES);
  if (wrong >= 0) {
    const got = `${labels.data[wrong]} at image ${wrong}`;
    throw new FormatError(`${where} labels`, `must be from 0 to ${DIGIT_CLASSES - 1}`, got);
  }
  return { images: { data: images.data, count, height, width, channels: 1 }, labels: labels.data };
}
