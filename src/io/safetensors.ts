/**
 * Reads and writes safetensors files: 8 bytes of header length (little-endian), a JSON header that gives every
 * tensor's type, shape and place, then the data without a gap. https://github.com/huggingface/safetensors#format
 * Numbers are little-endian in the file and on every machine that runs WebGPU, so aligned data is not copied.
 */
import { requireBytes, requireRecord, requireText, shown, typeName } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { sizeOf, type Shape } from '../core/shape';
import { isSizes, LENGTH_BYTES, METADATA, readHeader } from './safetensors_header';
import { decode, type Dtype, type Tensor, type TensorData } from './tensor_data';

export type { Dtype, FloatDtype, Tensor, TensorData } from './tensor_data';

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name, in the order in which they lie in the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The strings under `__metadata__`; empty if there are none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor to write; its type follows from its array. */
export interface TensorToWrite {
  readonly shape: Shape;
  readonly data: TensorData;
}

/**
 * Reads a safetensors file. F64, F16 and BF16 become float32 (F64 rounded, the others exactly); integers keep their
 * type. Where a tensor is F32 or an integer and lies aligned in `bytes`, its array is a view of `bytes`, not a copy.
 * @param where Names the file in errors.
 * @throws {FormatError} if the file breaks the format in any way; nothing is allocated for what it only claims to hold.
 * @throws {ValueError} if these are no bytes
 */
export function readSafetensors(bytes: Uint8Array, where = 'safetensors file'): Safetensors {
  requireText('readSafetensors', 'where', where);
  requireBytes(where, bytes);
  const { start, entries, metadata } = readHeader(bytes, where);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, decode(dtype, shape, bytes.subarray(start + begin, start + end)));
  }
  return { tensors, metadata };
}

const DTYPE_OF: Readonly<Record<string, Dtype>> = {
  Float32Array: 'F32',
  Int32Array: 'I32',
  BigInt64Array: 'I64',
  Uint8Array: 'U8',
};

function dtypeOf(where: string, data: unknown): Dtype {
  const dtype = DTYPE_OF[typeName(data)];
  if (dtype) return dtype;
  const allowed = Object.keys(DTYPE_OF).join(', ');
  throw new ValueError(where, `data must be one of ${allowed}`, typeName(data));
}

function requirePair(pair: unknown): void {
  if (Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'object' && pair[1] !== null)
    return;
  throw new ValueError('safetensors', 'each tensor must be a pair of name and tensor', shown(pair));
}

/**
 * Writes tensors in the given order, as F32, I32, I64 or U8 after their arrays. Spaces after the header let the data
 * start at a multiple of 8 bytes.
 * @param metadata texts by name, for the header of the file
 * @throws {ValueError} if a name occurs twice or is `__metadata__`, an array is of another type, or metadata of no strings.
 * @throws {ShapeError} if a shape does not fit its array.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: TensorToWrite]>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const given = tensors as Partial<typeof tensors> | null;
  if (typeof given !== 'object' || typeof given?.[Symbol.iterator] !== 'function') {
    throw new ValueError('safetensors', 'tensors must be pairs of name and tensor', shown(tensors));
  }
  const list = [...tensors];
  for (const pair of list) requirePair(pair);
  const entries = new Map<string, unknown>();
  if (metadata !== undefined) requireRecord('safetensors', 'metadata', metadata);
  const wrong = Object.entries(metadata ?? {}).find(([, text]) => typeof text !== 'string');
  if (wrong) throw new ValueError(METADATA, `${shown(wrong[0])} must be a string`, typeName(wrong[1]));
  if (metadata && Object.keys(metadata).length > 0) entries.set(METADATA, metadata);
  let offset = 0;
  for (const [name, { shape, data }] of list) {
    const where = `tensor ${shown(name)}`;
    if (name === METADATA || entries.has(name)) {
      throw new ValueError(where, `names must be unique and not ${METADATA}`, name);
    }
    const dtype = dtypeOf(where, data);
    if (!isSizes(shape) || sizeOf(shape) !== data.length) {
      throw new ShapeError(where, 'shape and data must agree', `${shown(shape)}, ${data.length} numbers`);
    }
    const end = offset + data.byteLength;
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + padded + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded);
  bytes.set(header, LENGTH_BYTES);
  let place = LENGTH_BYTES + padded;
  for (const [, { data }] of list) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place);
    place += data.byteLength;
  }
  return bytes;
}
