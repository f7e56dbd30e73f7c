// What the readers of headers share.
import type { PictureHeader } from '../picture';

/** A header, and how to know whether the file's last bytes are there. */
export interface Found {
  readonly header: PictureHeader;
  /** @param tail the file's last bytes, or all */
  readonly isEnd: (tail: Uint8Array) => boolean;
}

/** The bytes end before the header does. */
export class Short extends Error {}

/** The header says what cannot be; the message is a clause. */
export class Wrong extends Error {}

/** Bytes as characters of one byte each. @throws {Short} */
export function ascii(bytes: Uint8Array, from: number, to: number): string {
  if (to > bytes.length) throw new Short();
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** A whole number of `count` bytes at `from`. @throws {Short} */
export function whole(
  bytes: Uint8Array,
  from: number,
  count: number,
  order: 'big' | 'little' = 'big',
): number {
  if (from + count > bytes.length) throw new Short();
  let value = 0;
  for (let index = 0; index < count; index++) {
    value = value * 256 + bytes[from + (order === 'big' ? index : count - 1 - index)]!;
  }
  return value;
}
