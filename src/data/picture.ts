// What the data layer calls a picture, before and after it is decoded.
import * as is from '../core/rules';
import type { Rules } from '../core/options';
import { LARGEST_SIDE } from '../ops/crop_table';

/** What the first bytes of a picture file tell. */
export interface PictureHeader {
  /** `IDX` for one that lies among others in such a file. */
  readonly format: 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'AVIF' | 'IDX';
  /** Pixels in a row, as the file stores them: before `orientation`. */
  readonly width: number;
  readonly height: number;
  /** EXIF's number of a JPEG, 1 to 8: how to turn what is stored; 1 for other formats. From 5 on, width and height swap. */
  readonly orientation: number;
  /** Bits of each channel. */
  readonly bits: number;
  /** 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha, or CMYK in a JPEG. */
  readonly channels: number;
}

/** A picture of a set. */
export interface Picture {
  /** Path of its file below the set's root, with slashes; of an IDX file also the place inside: `#7` is the eighth picture. */
  readonly file: string;
  /** Its class: an index into the set's `classes`. */
  readonly class: number;
  /** Size of the file, or of its part. */
  readonly bytes: number;
  readonly header: PictureHeader;
  /** Grey bytes, row by row, where they are there already: of IDX files. */
  readonly pixels?: Uint8Array;
}

/** A file that is left out, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: SkipReason;
  /** A clause that says more: `a picture of 4 x 4 pixels`. */
  readonly detail: string;
}

/** `other`: neither a picture nor called one; `beside`: in no folder of a class. */
export type SkipReason =
  | 'other'
  | 'beside'
  | 'not a picture'
  | 'format'
  | 'corrupt'
  | 'truncated'
  | 'tiny'
  | 'enormous'
  | 'duplicate'
  | 'two classes'
  | 'unreadable'
  | 'loop';

/** Labelled pictures, in two parts. */
export interface PictureSet {
  /** The folder that files lie below. */
  readonly root: string;
  /** Names, in the order of their code points; of IDX files the numbers from 0. */
  readonly classes: readonly string[];
  /** In the order of their files' code points, whatever order the disk has; of IDX files in theirs. */
  readonly pictures: readonly Picture[];
  /** Indices into `pictures`, ascending. */
  readonly train: readonly number[];
  /** Indices of the others, ascending. */
  readonly heldOut: readonly number[];
  readonly skipped: readonly SkippedFile[];
  /** Sentences for people: what was left out, how often and where, and what is odd. */
  readonly notes: readonly string[];
}

/** A decoded picture. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  /** Of shape (height, width, 4), RGBA; each alpha is 255. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** How large a decoded picture may be. */
export interface DecodeOptions {
  /** The shorter side has at most so many pixels; a smaller picture stays as it is. */
  readonly shorterSide: number;
  /** Width times height is at most this, in pixels, which also holds panoramas down. Default: 16 times `shorterSide` squared. */
  readonly mostPixels?: number;
  /** Names the picture in errors: its file. Default: `picture`. */
  readonly where?: string;
}

export const DECODE: Rules<DecodeOptions> = {
  shorterSide: is.needed(is.whole(1, 16384)),
  mostPixels: is.whole(1),
  where: is.text,
};

/** A picture with a side below this many pixels is too small to learn from. */
export const LEAST_SIDE = 8;
/** A picture of more pixels than this is not decoded: it would take 400 MB. */
export const MOST_PIXELS = 100_000_000;

/** Width and height after decoding, in pixels: never more than before, each at least 1. */
export function decodedSize(
  width: number,
  height: number,
  { shorterSide, mostPixels = 16 * shorterSide ** 2 }: DecodeOptions,
): { width: number; height: number } {
  const scale = Math.min(
    1,
    shorterSide / Math.min(width, height),
    Math.sqrt(mostPixels / (width * height)),
    // What the op `crop` takes.
    LARGEST_SIDE / Math.max(width, height),
  );
  const side = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
  const size = { width: side(width), height: side(height) };
  // Rounding up may go beyond the limit.
  if (size.width * size.height <= mostPixels) return size;
  const longer = size.width > size.height ? 'width' : 'height';
  const other = longer === 'width' ? size.height : size.width;
  return { ...size, [longer]: Math.max(1, Math.floor(mostPixels / other)) };
}
