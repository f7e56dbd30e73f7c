import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, requireWhole } from '../../core/check';
import { EngineError } from '../../core/errors';
import { checkDecode, fromGrey, undecodable } from '../decoding';
import { decodedSize, MOST_PIXELS } from '../picture';
import type { DecodedPicture, DecodeOptions, PictureSet } from '../picture';
import { reasonOf } from './disk';
import { loadSharp, type Library } from './sharp';

let library: Promise<Library> | undefined;

/** Of damaged data the library only warns, and gives grey; it warns of these, too, which telephones and editors write. */
const HARMLESS = /Invalid SOS parameters|extraneous bytes before marker 0xd9|iCCP|sRGB profile/;

/**
 * Decodes a picture file: JPEG, PNG, WebP, GIF or AVIF. EXIF's orientation is followed; of an animation the first frame is
 * taken; grey becomes RGB, 16 bits become 8, CMYK and the colours of a profile become sRGB. What is transparent shows white
 * behind it, as paper would: it is laid on white before the picture is made smaller, and alpha is 255 everywhere. The picture
 * is made smaller where it is larger than the options allow, never larger.
 *
 * @param bytes the whole file
 * @throws {FormatError} if they are no picture, or a damaged one; {EngineError} if the package `sharp` is not installed;
 *   {ValueError} for wrong options
 */
export async function decodePicture(bytes: Uint8Array, options: DecodeOptions): Promise<DecodedPicture> {
  checkDecode(bytes, options);
  const sharp = await (library ??= loadSharp());
  try {
    return await decode(sharp, bytes, options, 'warning').catch((error: unknown) => {
      if (!HARMLESS.test(messageOf(error))) throw error;
      return decode(sharp, bytes, options, 'error');
    });
  } catch (cause) {
    throw undecodable(options, messageOf(cause), cause);
  }
}

async function decode(
  sharp: Library,
  bytes: Uint8Array,
  options: DecodeOptions,
  failOn: 'warning' | 'error',
): Promise<DecodedPicture> {
  const open = { failOn, limitInputPixels: MOST_PIXELS, pages: 1, autoOrient: true };
  const { autoOrient } = await sharp(bytes, open).metadata();
  const size = decodedSize(autoOrient.width, autoOrient.height, options);
  const data = await sharp(bytes, open)
    .flatten({ background: '#ffffff' })
    .resize({ ...size, fit: 'fill' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { ...size, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/**
 * Reads and decodes a picture of a set that `findPictures` gave; errors name its file.
 * @param index into `set.pictures`
 * @throws {EngineError} if the file cannot be read any more, and as `decodePicture`
 */
export async function loadPicture(
  { root, pictures }: PictureSet,
  index: number,
  options: DecodeOptions,
): Promise<DecodedPicture> {
  requireWhole('loadPicture', 'index', index, 0, pictures.length - 1);
  const { file, header, pixels } = pictures[index]!;
  if (pixels) return fromGrey(header, pixels);
  const bytes = await readFile(resolve(root, file)).catch((cause: unknown) => {
    const advice = 'put it back, or find the pictures anew';
    throw new EngineError(file, 'cannot be read', reasonOf(cause), advice, { cause });
  });
  return decodePicture(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), {
    ...options,
    where: file,
  });
}
