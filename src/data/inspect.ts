// Judges a picture file by its bytes: what format it is by its first ones, whatever it is called, and whether its end is there.
import { requireBytes } from '../core/check';
import { readAvif } from './headers/avif';
import { readJpeg } from './headers/jpeg';
import { readGif, readPng, readWebp } from './headers/others';
import { ascii, Short, Wrong, type Found } from './headers/bytes';
import { LEAST_SIDE, MOST_PIXELS, type PictureHeader, type SkipReason } from './picture';

/** Why a file is no picture to learn from. */
export interface PictureFault {
  readonly fault: Extract<
    SkipReason,
    'not a picture' | 'format' | 'corrupt' | 'truncated' | 'tiny' | 'enormous'
  >;
  /** A clause that says more: `a picture of 4 x 4 pixels`. */
  readonly detail: string;
}

/** The parts of a file that are needed to judge it, where it is not read as a whole. */
export interface FileParts {
  /** Its size in bytes. */
  readonly size: number;
  /** Its last bytes. */
  readonly tail: Uint8Array;
}

type Read = (bytes: Uint8Array, size: number) => Found;

/** By the first bytes, in characters of one byte each. */
const TAKEN: readonly (readonly [RegExp, Read])[] = [
  [/^\xff\xd8\xff/, readJpeg],
  [/^\x89PNG\r\n[^]\n/, readPng],
  [/^RIFF[^]{4}WEBP/, readWebp],
  [/^GIF8[79]a/, readGif],
  [/^[^]{4}ftyp(?:avif|avis|(?:mif1|msf1|miaf)[^]*avi[fs])/, readAvif],
];

const NOT_TAKEN: readonly (readonly [RegExp, string])[] = [
  [/^BM[^]{4}\0\0\0\0/, 'BMP'],
  [/^(?:II[*+]\0|MM\0[*+])/, 'TIFF'],
  [/^[^]{4}ftyp(?:hei|hev|mif1|msf1)/, 'HEIC'],
  [/^(?:\xff\n|\0\0\0[^]JXL )/, 'JPEG XL'],
  [/^\0\0\0[^]jP {2}/, 'JPEG 2000'],
  [/^8BPS/, 'Photoshop'],
];

/**
 * What the bytes of a file say of the picture in it, or why it is none to learn from; nothing is decoded, so that damage in
 * the middle shows only when it is.
 * @param bytes the whole file, or its beginning if `parts` is given
 * @returns undefined only where the beginning is too short to tell: give more
 * @throws {ValueError} unless these are bytes
 */
export function inspectPicture(bytes: Uint8Array): PictureHeader | PictureFault;
export function inspectPicture(bytes: Uint8Array, parts: FileParts): PictureHeader | PictureFault | undefined;
export function inspectPicture(
  bytes: Uint8Array,
  { size, tail }: FileParts = { size: bytes.length, tail: bytes },
): PictureHeader | PictureFault | undefined {
  requireBytes('picture', bytes);
  const start = ascii(bytes, 0, Math.min(bytes.length, 64));
  const read = TAKEN.find(([magic]) => magic.test(start))?.[1];
  if (!read) return notTaken(bytes, start);
  try {
    const { header, isEnd } = read(bytes, size);
    const fault = faultOf(header);
    if (fault) return fault;
    if (isEnd(tail)) return header;
    return { fault: 'truncated', detail: `its end is missing: it stops after ${size} bytes` };
  } catch (error) {
    if (error instanceof Wrong) return { fault: 'corrupt', detail: error.message };
    if (!(error instanceof Short)) throw error;
    if (bytes.length < size) return undefined;
    return { fault: 'truncated', detail: `its header is cut off after ${size} bytes` };
  }
}

function notTaken(bytes: Uint8Array, start: string): PictureFault {
  const known = NOT_TAKEN.find(([magic]) => magic.test(start))?.[1];
  if (known !== undefined) return { fault: 'format', detail: `a ${known} file, which is not taken` };
  if (bytes.length === 0) return { fault: 'not a picture', detail: 'an empty file' };
  // Text in any language has no control characters but tabs and line ends.
  const text = !bytes.subarray(0, 512).some((byte) => byte < 32 && (byte < 9 || byte > 13));
  if (text) {
    return {
      fault: 'not a picture',
      detail: `a text file, which begins with ${JSON.stringify(firstLine(bytes))}`,
    };
  }
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { fault: 'not a picture', detail: `a file of an unknown kind, which begins with ${first}` };
}

const firstLine = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(0, 24)).split(/[\r\n]/)[0] ?? '';

function faultOf({ width, height }: PictureHeader): PictureFault | undefined {
  const detail = `a picture of ${width} x ${height} pixels`;
  if (width === 0 || height === 0) return { fault: 'corrupt', detail };
  if (Math.min(width, height) < LEAST_SIDE) return { fault: 'tiny', detail };
  return width * height > MOST_PIXELS ? { fault: 'enormous', detail } : undefined;
}
