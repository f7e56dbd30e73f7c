// Grey pictures without a format of their own, such as those of IDX files, as binary PGM: "P5", width, height, 255, bytes.
import { FormatError } from '../core/errors';
import { fromGrey } from './decoding';
import type { DecodedPicture } from './picture';

/** A file of grey bytes, row by row. */
export function greyFile(
  { width, height }: Pick<DecodedPicture, 'width' | 'height'>,
  pixels: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`P5 ${width} ${height} 255\n`);
  const file = new Uint8Array(head.length + pixels.length);
  file.set(head);
  file.set(pixels, head.length);
  return file;
}

/**
 * The picture in such a file; undefined for any other file.
 * @throws {FormatError} for one that is cut off
 */
export function readGreyFile(file: Uint8Array): DecodedPicture | undefined {
  const text = String.fromCharCode(...file.subarray(0, 32));
  const [head, across, down] = /^P5 (\d+) (\d+) 255\n/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const [width, height] = [Number(across), Number(down)];
  const grey = file.subarray(head.length);
  if (grey.length !== width * height)
    throw new FormatError('grey file', `must have ${width * height} pixels`, `${grey.length}`);
  return fromGrey({ width, height }, grey);
}
