import { describe, expect, it } from 'vitest';
import { FormatError, ShapeError, ValueError } from '../../src/core/errors';
import { readSafetensors, writeSafetensors, type TensorToWrite } from '../../src/io/safetensors';

/** A file with the given header text and `dataLength` bytes of data 0, 1, 2 ... */
function file(header: string | Uint8Array, dataLength = 0, claimed?: bigint): Uint8Array<ArrayBuffer> {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  for (let index = 0; index < dataLength; index++) bytes[8 + text.length + index] = index;
  return bytes;
}

const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });

/** The file of one tensor of `dtype` whose data are these bytes. */
function one(dtype: string, shape: number[], data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = file(JSON.stringify({ a: entry(dtype, shape, [0, data.length]) }), data.length);
  bytes.set(data, bytes.length - data.length);
  return bytes;
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const read = (bytes: Uint8Array) => readSafetensors(bytes, 'weights.safetensors');

function refusal(bytes: Uint8Array): FormatError {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('round trip', () => {
  const tensors: [string, TensorToWrite][] = [
    ['z.weight', { shape: [2, 3], data: Float32Array.of(1, -0, 0.1, NaN, Infinity, 1e-45) }],
    ['labels', { shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) }],
    ['odd', { shape: [3], data: Uint8Array.of(1, 2, 255) }],
    ['a.bias', { shape: [], data: Float32Array.of(7) }], // starts at an odd byte
    ['17', { shape: [2, 1], data: Int32Array.of(-5, 5) }],
    ['empty', { shape: [4, 0], data: new Float32Array(0) }],
    ['__proto__', { shape: [1], data: Float32Array.of(3) }],
    ['Gewicht "ä"\n', { shape: [1], data: Float32Array.of(4) }],
  ];

  it('keeps names, order, types, shapes and every bit', () => {
    const back = read(writeSafetensors(tensors, { step: '12', note: 'ä "quoted"' }));
    expect([...back.tensors.keys()]).toEqual(tensors.map(([name]) => name));
    for (const [name, { shape, data }] of tensors) {
      const tensor = back.tensors.get(name);
      expect(tensor?.shape).toEqual(shape);
      expect(tensor?.data.constructor).toBe(data.constructor);
      expect(tensor && [...bytesOf(tensor.data)]).toEqual([...bytesOf(data)]);
    }
    expect(back.metadata).toEqual({ step: '12', note: 'ä "quoted"' });
  });

  it('writes only the part of a buffer that a view shows', () => {
    const whole = Float32Array.of(1, 2, 3, 4);
    const back = read(writeSafetensors([['a', { shape: [2], data: whole.subarray(1, 3) }]]));
    expect([...(back.tensors.get('a')?.data ?? [])]).toEqual([2, 3]);
  });

  it('pads the header with spaces so that data starts at a multiple of 8', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'abcdefg', 'abcdefgh']) {
      const bytes = writeSafetensors([[name, { shape: [1], data: Float32Array.of(1) }]]);
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(length % 8).toBe(0);
      expect(bytes.length).toBe(8 + length + 4);
      const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
      expect(header.trimEnd()).toBe(`{"${name}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`);
    }
  });

  it('accepts a file without tensors', () => {
    const empty = read(writeSafetensors([]));
    expect(empty.tensors.size).toBe(0);
    expect(empty.metadata).toEqual({});
  });

  it('refuses to write other types', () => {
    const data = new Float64Array(1) as unknown as Uint8Array<ArrayBuffer>;
    expect(() => writeSafetensors([['a', { shape: [1], data }]])).toThrow(
      'tensor "a": data must be one of Float32Array, Int32Array, BigInt64Array, Uint8Array; got Float64Array',
    );
    const metadata = { step: 3 } as unknown as Record<string, string>;
    expect(() => writeSafetensors([], metadata)).toThrow('__metadata__: "step" must be a string; got Number');
  });

  it('refuses to write what could not be read', () => {
    const one = { shape: [1], data: Float32Array.of(1) };
    expect(() => writeSafetensors([...tensors, ['odd', one]])).toThrow(ValueError);
    expect(() => writeSafetensors([['__metadata__', one]])).toThrow(ValueError);
    for (const shape of [[2], [0.5, 2], [-1, -1]]) {
      expect(() => writeSafetensors([['a', { ...one, shape }]])).toThrow(ShapeError);
    }
  });
});

describe('types', () => {
  const first = (bytes: Uint8Array) => [...(read(bytes).tensors.get('a')?.data ?? [])];

  it('rounds F64 to float32', () => {
    const bytes = one('F64', [3], bytesOf(Float64Array.of(0.1, -2.5, 1e300)));
    expect(first(bytes)).toEqual([Math.fround(0.1), -2.5, Infinity]);
  });

  it('widens F16: signs, subnormal numbers, infinity, NaN', () => {
    const words = Uint16Array.of(
      0x3c00,
      0xc000,
      0x3555,
      0x0001,
      0x03ff,
      0x7bff,
      0x8000,
      0xfc00,
      0x7e00,
      0x0400,
    );
    const expected = [1, -2, 0.333251953125, 2 ** -24, 1023 * 2 ** -24, 65504, -0, -Infinity, NaN, 2 ** -14];
    expect(first(one('F16', [10], bytesOf(words)))).toEqual(expected);
  });

  it('widens BF16', () => {
    const words = Uint16Array.of(0x3f80, 0xc049, 0x0001, 0x7f80, 0xffc0);
    expect(first(one('BF16', [5], bytesOf(words)))).toEqual([1, -3.140625, 2 ** -133, Infinity, NaN]);
  });

  it('keeps integers as they are', () => {
    expect(first(one('I64', [2], bytesOf(BigInt64Array.of(-3n, 2n ** 60n))))).toEqual([-3n, 2n ** 60n]);
    expect(first(one('I32', [2], bytesOf(Int32Array.of(-3, 4))))).toEqual([-3, 4]);
    expect(first(one('U8', [2], Uint8Array.of(0, 255)))).toEqual([0, 255]);
  });

  it('reads from any offset in a buffer, shared or not, and from a Node Buffer', () => {
    const bytes = writeSafetensors([['a', { shape: [2], data: Float32Array.of(1.5, -3) }]]);
    for (let offset = 0; offset < 4; offset++) {
      const plain = new Uint8Array(bytes.length + offset).subarray(offset);
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + offset), offset);
      const node = Buffer.alloc(bytes.length + offset).subarray(offset);
      for (const copy of [plain, shared, node]) {
        copy.set(bytes);
        const data = read(copy).tensors.get('a')?.data;
        expect(data?.buffer).toBeInstanceOf(ArrayBuffer);
        expect([...(data ?? [])]).toEqual([1.5, -3]);
      }
    }
  });

  it('views aligned data in place', () => {
    const bytes = writeSafetensors([['a', { shape: [2], data: Float32Array.of(1.5, -3) }]]);
    expect(read(bytes).tensors.get('a')?.data.buffer).toBe(bytes.buffer);
  });
});

describe('malformed files', () => {
  const whole = writeSafetensors([['conv1.bias', { shape: [4], data: new Float32Array(4) }]]);

  it('refuses every truncation', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(refusal(whole.slice(0, length)).where).toContain('weights.safetensors');
    }
  });

  it('refuses bytes after the last tensor', () => {
    const longer = new Uint8Array(whole.length + 3);
    longer.set(whole);
    expect(refusal(longer).message).toContain('3 bytes');
  });

  it.each([
    ['a zip archive', [0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0, 0, 0]],
    ['a pickle', [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]],
  ])('says how to convert a PyTorch file that is %s', (what, bytes) => {
    expect(refusal(Uint8Array.from(bytes)).message).toBe(
      `weights.safetensors: this is no safetensors file; got ${what}, as PyTorch's .pt and .pth files are; convert it, ` +
        "in Python: safetensors.torch.save_file(torch.load(path, weights_only=True), 'weights.safetensors')",
    );
  });

  it('takes a header whose length looks like a pickle', () => {
    expect(read(file('{}'.padEnd(0x280))).tensors.size).toBe(0);
  });

  const header: [string, string | Uint8Array, string][] = [
    ['no JSON', '{"a":', 'JSON'],
    ['trailing text', '{} {}', 'JSON'],
    ['text that is not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 'UTF-8'],
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'JSON'],
    ['nesting without end', '['.repeat(200_000), ''],
    ['nothing', '', 'JSON'],
    ['spaces first', ' {}', 'object'],
    ['an array', '[]', 'object'],
    ['null', 'null', 'object'],
    ['a name twice', '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":1}', 'unique'],
    ['a field twice', '{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}', 'unique'],
    ['metadata twice', '{"__metadata__":{"k":"1","k":"2"}}', 'unique'],
    ['metadata that is no object', '{"__metadata__":["a"]}', '__metadata__'],
    ['metadata with a number', '{"__metadata__":{"a":1}}', '__metadata__'],
  ];
  it.each(header)('refuses a header with %s', (_, text, word) => {
    const error = refusal(file(text));
    expect(error.where).toBe('weights.safetensors');
    expect(error.message).toContain(word);
  });

  it('takes equal keys in different objects, escapes and braces in names for what they are', () => {
    const text =
      '{"a{\\"}:":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{"dtype":"U8","x":"x"}}';
    expect([...read(file(text, 1)).tensors.keys()]).toEqual(['a{"}:']);
  });

  it('refuses header lengths beyond the file, the limit and 2^53 without allocating', () => {
    for (const claimed of [3n, 100_000_000n, 100_000_001n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      expect(refusal(file('{}', 0, claimed)).message).toContain(claimed.toString());
    }
  });

  const tensor: [string, unknown, string][] = [
    ['an entry that is no object', 5, 'object'],
    ['no dtype', { shape: [1], data_offsets: [0, 4] }, 'nothing'],
    ['an unknown dtype', entry('F8_E4M3', [4], [0, 4]), 'F8_E4M3'],
    ['a dtype that is a method name', entry('toString', [4], [0, 4]), 'toString'],
    ['no shape', { dtype: 'F32', data_offsets: [0, 4] }, 'shape'],
    ['a negative size', entry('F32', [-1], [0, 4]), '[-1]'],
    ['two negative sizes', entry('F32', [-1, -1], [0, 4]), '[-1,-1]'],
    ['a size with a fraction', entry('F32', [0.5, 2], [0, 4]), '[0.5,2]'],
    ['a size beyond 2^53', entry('U8', [2 ** 53], [0, 4]), '9007199254740992'],
    ['a size in a string', entry('F32', ['1'], [0, 4]), '["1"]'],
    ['a huge product', entry('F32', [2 ** 40, 2 ** 40, 2 ** 40], [0, 4]), 'takes'],
    ['a product that overflows to 0 in 64 bits', entry('F32', [2 ** 32, 2 ** 32], [0, 0]), 'takes'],
    ['an infinite product times 0', entry('F32', [...Array<number>(25).fill(2 ** 52), 0], [0, 0]), 'takes'],
    ['a shape too small for its data', entry('F32', [0], [0, 4]), '4 bytes'],
    ['a shape too large for its data', entry('F64', [1], [0, 4]), '8 bytes'],
    ['no offsets', { dtype: 'F32', shape: [1] }, 'data_offsets'],
    ['one offset', entry('F32', [1], [4]), 'data_offsets'],
    ['three offsets', entry('F32', [1], [0, 4, 4]), 'data_offsets'],
    ['a negative offset', entry('F32', [1], [-4, 0]), 'data_offsets'],
    ['an offset with a fraction', entry('F32', [1], [0.5, 4.5]), 'data_offsets'],
    ['offsets out of order', entry('F32', [1], [4, 0]), 'before it begins'],
    ['an end beyond the file', entry('F32', [2], [0, 8]), 'beyond the end'],
    ['a start beyond the file', entry('F32', [0], [8, 8]), 'beyond the end'],
    ['a gap before it', entry('F32', [0], [4, 4]), 'unused'],
  ];
  it.each(tensor)('refuses a tensor with %s and names it', (_, value, word) => {
    const error = refusal(file(JSON.stringify({ 'conv1.weight': value }), 4));
    expect(error.where).toBe('weights.safetensors, tensor "conv1.weight"');
    expect(error.message).toContain(word);
  });

  it('refuses a value that nests too deep to be quoted', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const error = refusal(file(`{"a":{"dtype":"F32","shape":${deep},"data_offsets":[0,4]}}`, 4));
    expect(error.message).toContain('shape must list whole numbers from 0; got Array');
  });

  it('refuses what is no bytes', () => {
    for (const [given, name] of [
      ['text', 'String'],
      [new ArrayBuffer(8), 'ArrayBuffer'],
      [new Float32Array(2), 'Float32Array'],
      [undefined, 'Undefined'],
    ] as const)
      expect(() => read(given as unknown as Uint8Array)).toThrow(
        new ValueError('weights.safetensors', 'must be given as a Uint8Array', name),
      );
  });

  const pair = (a: [number, number], b: [number, number]) =>
    file(JSON.stringify({ a: entry('U8', [a[1] - a[0]], a), b: entry('U8', [b[1] - b[0]], b) }), 12);

  it('refuses tensors that overlap or leave a gap, in whatever order the header lists them', () => {
    expect(refusal(pair([0, 8], [4, 12])).message).toContain('overlaps');
    expect(refusal(pair([4, 12], [0, 8])).where).toContain('"a"');
    expect(refusal(pair([0, 12], [0, 12])).message).toContain('overlaps');
    expect(refusal(pair([0, 12], [4, 8])).message).toContain('overlaps');
    expect(refusal(pair([0, 12], [4, 4])).message).toContain('overlaps');
    expect(refusal(pair([0, 4], [8, 12])).message).toContain('unused');
    expect(refusal(pair([0, 4], [4, 8])).message).toContain('belong to no tensor');
    expect([...read(pair([4, 12], [0, 4])).tensors.keys()]).toEqual(['b', 'a']);
  });

  it('shortens what it quotes', () => {
    const error = refusal(file(JSON.stringify({ ['n'.repeat(5000)]: entry('x'.repeat(5000), [], [0, 0]) })));
    expect(error.message.length).toBeLessThan(400);
  });
});
