// What decoders share, Node's and the browser's.
import { requireBytes } from '../core/check';
import { FormatError } from '../core/errors';
import { checkOptions } from '../core/options';
import { inspectPicture } from './inspect';
import { DECODE, type DecodedPicture, type DecodeOptions, type PictureHeader } from './picture';

/**
 * Checks what a decoder is given, before anything is decoded.
 * @throws {ValueError} for wrong options, or unless these are bytes; {FormatError} if they are no picture to decode
 */
export function checkDecode(bytes: Uint8Array, options: DecodeOptions): void {
  checkOptions('decodePicture', options, DECODE);
  requireBytes(options.where ?? 'picture', bytes);
  const found = inspectPicture(bytes);
  // Small ones are no use in a set, but can be decoded.
  if ('fault' in found && found.fault !== 'tiny') throw undecodable(options, found.detail);
}

/** @param reason what the decoder says, which may have several lines */
export function undecodable(
  { where = 'picture' }: DecodeOptions,
  reason: string,
  cause?: unknown,
): FormatError {
  const got = reason.trim().replaceAll(/\s+/g, ' ');
  return new FormatError(where, 'cannot be decoded', got, 'leave it out, or fetch it again', { cause });
}

/** A picture that is grey bytes already, row by row: of an IDX file. */
export function fromGrey(
  { width, height }: Pick<PictureHeader, 'width' | 'height'>,
  pixels: Uint8Array,
): DecodedPicture {
  const data = new Uint8Array(width * height * 4).fill(255);
  pixels.forEach((grey, index) => data.fill(grey, index * 4, index * 4 + 3));
  return { width, height, data };
}
