import { isTyped } from '../core/check';
import { ShapeError } from '../core/errors';

/** The bytes R, G, B, A of each pixel, row by row: what `ImageData.data` holds. */
export type PixelBytes = Uint8Array | Uint8ClampedArray;

export const isPixelBytes = (data: unknown): data is PixelBytes =>
  isTyped(data, 'Uint8Array') || isTyped(data, 'Uint8ClampedArray');

/**
 * Bytes of pixels as words, in the same memory if they start where a word may; anything else as it is. All machines
 * that have WebGPU put the lowest byte of a word first.
 * @throws {ShapeError} for bytes that are no whole pixels
 */
export function packedPixels<T>(where: string, data: T | PixelBytes): Exclude<T, PixelBytes> | Uint32Array {
  if (!isPixelBytes(data)) return data as Exclude<T, PixelBytes>;
  if (data.length % 4 !== 0) {
    throw new ShapeError(where, 'needs 4 bytes per pixel, R, G, B and A', `${data.length} bytes`);
  }
  const { buffer, byteOffset, byteLength } = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
