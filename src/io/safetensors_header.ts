import { messageOf, shown } from '../core/check';
import { FormatError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { repeatedKey } from './json_keys';
import { DTYPES, isDtype, type Dtype } from './tensor_data';

/** The file starts with the length of its header. */
export const LENGTH_BYTES = 8;
const LONGEST_HEADER = 100_000_000; // the reference implementation's limit
/** The one name in a header that is no tensor. */
export const METADATA = '__metadata__';

/** Where a tensor lies, in bytes after the header. */
export interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && Array.from<unknown>(value).every(isSize);

function headerEnd(bytes: Uint8Array, where: string): number {
  if (bytes.length < LENGTH_BYTES) {
    const got = `${bytes.length} bytes`;
    throw new FormatError(where, 'a safetensors file starts with 8 bytes of header length', got);
  }
  requireNoPickle(bytes, where);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > LONGEST_HEADER) {
    const problem = `the header may have ${LONGEST_HEADER} bytes at most`;
    throw new FormatError(where, problem, `a length of ${length}`, 'check that this is a safetensors file');
  }
  const end = LENGTH_BYTES + Number(length);
  if (end > bytes.length) {
    const problem = `the header of ${length} bytes reaches beyond the end of the file`;
    throw new FormatError(where, problem, `${bytes.length} bytes`, 'the file is truncated: fetch it again');
  }
  return end;
}

/** `torch.save` writes a zip, earlier a pickle; the header of a safetensors file begins with a brace, after its length. */
function requireNoPickle(bytes: Uint8Array, where: string): void {
  const [first, second] = bytes;
  const isZip = first === 0x50 && second === 0x4b && bytes[2] === 3 && bytes[3] === 4;
  const isPickle = first === 0x80 && second !== undefined && second >= 2 && second <= 5;
  if (bytes[LENGTH_BYTES] === 0x7b || !(isZip || isPickle)) return;
  const advice = `in Python: safetensors.torch.save_file(torch.load(path, weights_only=True), 'weights.safetensors')`;
  const what = `a ${isZip ? 'zip archive' : 'pickle'}, as PyTorch's .pt and .pth files are`;
  throw new FormatError(where, 'this is no safetensors file', what, `convert it, ${advice}`);
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    const message = messageOf(cause);
    throw new FormatError(where, 'the header is not JSON in UTF-8', message, undefined, { cause });
  }
  if (!isObject(header) || !text.startsWith('{'))
    throw new FormatError(where, 'the header must be a JSON object', shown(header));
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    throw new FormatError(where, 'every name in the header must be unique', `${shown(repeated)} twice`);
  }
  return header;
}

function parseMetadata(value: unknown, where: string): Record<string, string> {
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  const entries = isObject(value) ? Object.entries(value) : [];
  if (!isObject(value) || !entries.every(isText)) {
    throw new FormatError(where, `${METADATA} must map names to strings`, shown(value));
  }
  return Object.fromEntries(entries);
}

function parseEntry(name: string, value: unknown, dataLength: number, file: string): Entry {
  const where = `${file}, tensor ${shown(name)}`;
  if (!isObject(value)) throw new FormatError(where, 'its entry must be a JSON object', shown(value));
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !isDtype(dtype)) {
    throw new FormatError(where, `dtype must be one of ${Object.keys(DTYPES).join(', ')}`, shown(dtype));
  }
  if (!isSizes(shape)) throw new FormatError(where, 'shape must list whole numbers from 0', shown(shape));
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new FormatError(where, 'data_offsets must be two whole numbers from 0', shown(offsets));
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end) throw new FormatError(where, 'its data ends before it begins', shown(offsets));
  if (end > dataLength) {
    const problem = `its data reaches beyond the end of the file, which holds ${dataLength} bytes of data`;
    throw new FormatError(where, problem, shown(offsets), 'the file is truncated: fetch it again');
  }
  // Beyond 2^53 the product is rounded, but it stays far above the length of any file.
  const size = sizeOf(shape) * DTYPES[dtype];
  if (size !== end - begin) {
    const problem = `${dtype} ${shown(shape)} takes ${size} bytes`;
    throw new FormatError(where, problem, `${end - begin} bytes at ${shown(offsets)}`);
  }
  return { name, dtype, shape, begin, end };
}

function requireNoGaps(entries: readonly Entry[], dataLength: number, where: string): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const problem =
        begin < covered ? 'its data overlaps that of another tensor' : 'bytes before its data are unused';
      const got = `data from byte ${begin}, ${covered} bytes are taken`;
      throw new FormatError(`${where}, tensor ${shown(name)}`, problem, got);
    }
    covered = end;
  }
  if (covered !== dataLength) {
    throw new FormatError(where, 'bytes at the end belong to no tensor', `${dataLength - covered} bytes`);
  }
}

/**
 * Everything that a safetensors file says of itself, checked against its length; entries in the order of their data.
 * @throws {FormatError}
 */
export function readHeader(bytes: Uint8Array, where: string) {
  const start = headerEnd(bytes, where);
  const dataLength = bytes.length - start;
  const { [METADATA]: metadata, ...rest } = parseHeader(bytes.subarray(LENGTH_BYTES, start), where);
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value, dataLength, where));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  requireNoGaps(entries, dataLength, where);
  return { start, entries, metadata: metadata === undefined ? {} : parseMetadata(metadata, where) };
}
