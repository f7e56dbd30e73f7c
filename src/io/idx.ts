/**
 * Reads IDX files, the format of the MNIST digits: two zero bytes, a type, the number of dimensions, each dimension as
 * a big-endian 32-bit number, then the data, the last dimension fastest. http://yann.lecun.com/exdb/mnist/
 */
import { requireBytes } from '../core/check';
import { FormatError } from '../core/errors';
import { sizeOf } from '../core/shape';

/** An array of bytes. */
export interface Idx {
  readonly shape: readonly number[];
  /** A view of the file's bytes, not a copy. */
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const PREFIX = 4;

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/**
 * Reads an IDX file of unsigned bytes.
 * @param where Names the file in errors.
 * @throws {FormatError} unless the file is exactly what its header says; {ValueError} if these are no bytes
 */
export function readIdx(bytes: Uint8Array, where = 'IDX file'): Idx {
  requireBytes(where, bytes);
  const [zero0, zero1, type, rank = 0] = bytes;
  if (zero0 !== 0 || zero1 !== 0 || type !== UNSIGNED_BYTE || rank === 0) {
    const problem = 'an IDX file of bytes starts with 00 00 08 and its number of dimensions, from 1';
    const got = bytes.length === 0 ? 'an empty file' : hex(bytes.subarray(0, PREFIX));
    const advice = 'unpack it first if it is compressed (gzip starts with 1f 8b)';
    throw new FormatError(where, problem, got, advice);
  }
  const start = PREFIX + 4 * rank;
  if (bytes.length < start) {
    const problem = `a header of ${rank} dimensions takes ${start} bytes`;
    throw new FormatError(where, problem, `${bytes.length} bytes`, 'the file is truncated: fetch it again');
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(PREFIX + 4 * axis));
  // Beyond 2^53 the product is rounded, but it stays far above the length of any file.
  const expected = sizeOf(shape);
  const found = bytes.length - start;
  if (found !== expected) {
    throw new FormatError(
      where,
      `${shape.join(' x ')} takes ${expected} bytes of data`,
      `${found}`,
      found < expected
        ? 'the file is truncated: fetch it again'
        : 'bytes at the end belong to nothing: fetch it again',
    );
  }
  return { shape, data: bytes.subarray(start) };
}
