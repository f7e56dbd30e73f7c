import { sizeOf } from '../../../../src/core/shape';
import { readSafetensors, writeSafetensors, type TensorToWrite } from '../../../../src/io/safetensors';
import { must } from '../must';
import { mutateBytes } from '../mutate_bytes';
import { mutateJson } from '../mutate_json';
import type { Fuzzed } from '../run_cases';
import { withHeader } from '../with_header';

export const TENSORS: readonly (readonly [string, TensorToWrite])[] = [
  ['conv.weight', { shape: [2, 3, 1, 1], data: Float32Array.of(1, -2, 3, -4, 5, 0.5) }],
  ['conv.bias', { shape: [2], data: Float32Array.of(0.25, -1) }],
  ['labels', { shape: [3], data: BigInt64Array.of(1n, 2n, -3n) }],
  ['pixels', { shape: [5], data: Uint8Array.of(1, 2, 3, 4, 255) }],
  ['counts', { shape: [1, 2], data: Int32Array.of(7, -7) }],
  ['none', { shape: [4, 0], data: new Float32Array(0) }],
  ['one', { shape: [], data: Float32Array.of(9) }],
];

/** As other programs write them: types that this one only reads. */
const converted = (dtype: string, size: number): Uint8Array =>
  withHeader(
    writeSafetensors([
      ['a', { shape: [2 * size], data: Uint8Array.from({ length: 2 * size }, (_, i) => i) }],
    ]),
    () => JSON.stringify({ a: { dtype, shape: [2], data_offsets: [0, 2 * size] } }),
  );

const SAFETENSORS: readonly Uint8Array[] = [
  writeSafetensors(TENSORS, { step: '12', note: 'ä' }),
  writeSafetensors([]),
  converted('F64', 8),
  converted('F16', 2),
  converted('BF16', 2),
];

function readAll(bytes: Uint8Array): void {
  const { tensors, metadata } = readSafetensors(bytes, 'x.safetensors');
  let stored = 0;
  for (const { dtype, shape, data } of tensors.values()) {
    must(
      shape.every((size) => Number.isSafeInteger(size) && size >= 0),
      'a size is no whole number',
    );
    must(data.length === sizeOf(shape), 'shape and data disagree');
    stored += data.length * { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 }[dtype];
  }
  const header = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  must(header + stored === bytes.length, 'tensors and header are not the whole file');
  must(
    Object.values(metadata).every((text) => typeof text === 'string'),
    'metadata is no text',
  );
}

export const safetensors: Fuzzed<Uint8Array> = {
  name: 'safetensors, bytes',
  input: (chance) => mutateBytes(chance.pick(SAFETENSORS), chance),
  read: readAll,
  size: (bytes) => bytes.length,
};

export const safetensorsHeader: Fuzzed<Uint8Array> = {
  name: 'safetensors, header',
  input: (chance) => withHeader(chance.pick(SAFETENSORS), (header) => mutateJson(header, chance)),
  read: readAll,
  size: (bytes) => bytes.length,
};
