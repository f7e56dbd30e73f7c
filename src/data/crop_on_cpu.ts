import { isTyped, typeName } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { checkOptions } from '../core/options';
import { CROP, type CropAttrs } from '../ops/crop_attributes';
import { cropColours } from '../ops/crop_colours';
import { normalising } from '../lowering/colours';
import type { CropNumbers } from './crop_numbers';
import { cropTable } from './crop_table';

/**
 * What the op `crop` makes of one picture, computed here: slow, for tests and for looking at batches. Where nothing is mixed
 * (nearest, and no other colours) it has the kernel's bits; elsewhere the two differ by up to 2e-6 of the largest magnitude.
 * @param pixels the bytes R, G, B, A of each pixel, row by row: what `ImageData.data` holds
 * @param numbers what to do to the picture
 * @param attrs as the op takes them
 * @returns (3, size, size)
 * @throws {ShapeError} unless there are 4 bytes for each pixel; {ValueError} for numbers or attributes that make no sense
 */
export function cropOnCpu(
  pixels: Uint8Array | Uint8ClampedArray,
  numbers: CropNumbers,
  attrs: CropAttrs,
): Float32Array<ArrayBuffer> {
  const where = 'cropOnCpu';
  if (!isTyped(pixels, 'Uint8Array') && !isTyped(pixels, 'Uint8ClampedArray'))
    throw new ValueError(where, 'pixels must be a Uint8Array or Uint8ClampedArray', typeName(pixels));
  checkOptions(where, attrs, CROP);
  const row = cropTable([numbers]);
  const { width, height } = numbers.picture;
  if (pixels.length !== 4 * width * height) {
    const problem = `pixels of a picture of ${width} x ${height} must be ${4 * width * height} bytes`;
    throw new ShapeError(where, problem, String(pixels.length));
  }
  const { size } = attrs;
  const words = new Uint32Array(Uint8Array.from(pixels).buffer);
  const { scale_r, scale_g, scale_b, centre_r, centre_g, centre_b } = normalising(attrs);
  const scales = [scale_r, scale_g, scale_b].map(Math.fround);
  const centres = [centre_r, centre_g, centre_b].map(Math.fround);
  return Float32Array.from(cropColours(words, row, size), (value, index) => {
    const colour = Math.floor(index / (size * size));
    return Math.fround(Math.fround(value) - centres[colour]!) * scales[colour]!;
  });
}
