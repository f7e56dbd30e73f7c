/** Bytes per number of each type that can be read. */
export const DTYPES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 } as const;

/** Types of numbers that a safetensors file can have. */
export type Dtype = keyof typeof DTYPES;

/** A tensor as read: numbers with a fraction as float32, whole numbers as they were stored. */
export type Tensor =
  | {
      readonly dtype: FloatDtype;
      readonly shape: readonly number[];
      readonly data: Float32Array<ArrayBuffer>;
    }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array<ArrayBuffer> }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array<ArrayBuffer> }
  | { readonly dtype: 'U8'; readonly shape: readonly number[]; readonly data: Uint8Array<ArrayBuffer> };

/** Types of numbers that are read as float32. */
export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';

/** Numbers of a tensor, in the array of their type. */
export type TensorData = Tensor['data'];

export const isDtype = (text: string): text is Dtype => Object.hasOwn(DTYPES, text);

/** IEEE 754 binary16 to float32, exactly: shift the fraction into place, then mend the exponent by a power of two. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The bytes where a typed array of `size`-byte numbers can view them: copied if they are not aligned, or shared. */
function viewable(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % size !== 0 || !(buffer instanceof ArrayBuffer)) return new Uint8Array(bytes);
  return new Uint8Array(buffer, byteOffset, length);
}

/** The tensor in `bytes`, whose length fits dtype and shape. A view of `bytes` where it needs no conversion and is aligned. */
export function decode(dtype: Dtype, shape: readonly number[], bytes: Uint8Array): Tensor {
  const size = DTYPES[dtype];
  const { buffer, byteOffset, length } = viewable(bytes, size);
  const count = length / size;
  switch (dtype) {
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer, byteOffset, count) };
    case 'F64':
      return { dtype, shape, data: new Float32Array(new Float64Array(buffer, byteOffset, count)) };
    case 'F16':
      return { dtype, shape, data: Float32Array.from(new Uint16Array(buffer, byteOffset, count), fromHalf) };
    case 'BF16': {
      const bits = Uint32Array.from(new Uint16Array(buffer, byteOffset, count), (word) => word << 16);
      return { dtype, shape, data: new Float32Array(bits.buffer) };
    }
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer, byteOffset, count) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer, byteOffset, count) };
    case 'U8':
      return { dtype, shape, data: new Uint8Array(buffer, byteOffset, count) };
  }
}
