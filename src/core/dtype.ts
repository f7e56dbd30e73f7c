/** Type of the numbers of a tensor. */
export type DType = 'f32' | 'u32';

const BYTES: Readonly<Record<DType, number>> = { f32: 4, u32: 4 };

/** Bytes of so many numbers: the one place that knows how large a number is. */
export const bytesOf = (numbers: number, dtype: DType = 'f32'): number => numbers * BYTES[dtype];
