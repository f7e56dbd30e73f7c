import { maxPool } from '../../src/ops/max_pool';
import { slidingWindow, type Padding, type Pair } from '../../src/core/shape';
import { opCase, type CaseInput, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/max_pool';

// y and argmax are exact; dx adds up to 9 numbers, one rounding of 6e-8 each.
const tolerance = { relative: 6e-7, nmse: 1e-13 };

const pool = (name: string, x: CaseInput, kernel: Pair, stride: Pair, padding: Padding): OpCase =>
  opCase(maxPool, {
    name: `max_pool/${name}`,
    inputs: { x },
    attrs: { window: slidingWindow(name, kernel, stride, padding) },
    reference,
    tolerance,
  });

/** Processors make NaNs with the sign bit set, which lie below all numbers if only their bits are compared. */
const [NEGATIVE_NAN = NaN] = new Float64Array(BigUint64Array.of(0xfff8n << 48n).buffer);
const LOW = -Infinity;
const NOT_NUMBERS = { 0: LOW, 1: LOW, 5: LOW, 6: LOW, 17: NEGATIVE_NAN, 40: Infinity, 41: NaN };
/** The last channel of four, and another value in each of the others. */
const IN_VECTORS = { 75: LOW, 76: LOW, 80: LOW, 81: LOW, 92: NEGATIVE_NAN, 17: Infinity, 41: NaN, 66: LOW };

export const cases: readonly OpCase[] = [
  pool('pool1, full size', { shape: [1, 64, 112, 112] }, 3, 2, 1),
  pool('pool2', { shape: [2, 12, 56, 56] }, 3, 2, 1),
  pool('pool3', { shape: [2, 30, 28, 28] }, 3, 2, 1),
  pool('pool4', { shape: [2, 52, 14, 14] }, 3, 2, 1),
  pool('3a, full size', { shape: [1, 192, 28, 28] }, 3, 1, 1),
  pool('4b', { shape: [2, 32, 14, 14] }, 3, 1, 1),
  pool('5b', { shape: [2, 52, 7, 7] }, 3, 1, 1),
  pool('ties, stride 1', { shape: [2, 4, 9, 9], values: 'coarse' }, 3, 1, 1),
  pool('ties, stride 2', { shape: [2, 3, 11, 8], values: 'coarse' }, 3, 2, 1),
  pool('batch 3, 5x7 planes', { shape: [3, 5, 5, 7] }, 3, 2, 1),
  pool('2x2 without padding', { shape: [3, 3, 5, 7] }, 2, 2, 0),
  pool('one channel', { shape: [2, 1, 6, 6] }, 3, 1, 1),
  pool('kernel above the plane', { shape: [2, 3, 2, 2], values: 'coarse' }, 3, 1, 1),
  pool('5x5 kernel, 3x2 plane', { shape: [2, 3, 3, 2] }, 5, 2, 2),
  pool('stride 2, odd sizes', { shape: [2, 3, 9, 11] }, 3, 2, 1),
  pool('stride above the kernel', { shape: [2, 3, 8, 8] }, 2, 3, 0),
  pool('asymmetric', { shape: [2, 3, 6, 5], values: 'coarse' }, [3, 2], [2, 1], [1, 0, 0, 1]),
  pool('asymmetric, other sides', { shape: [2, 3, 7, 6] }, [2, 3], [1, 2], [0, 1, 1, 0]),
  pool('vectors, ties, stride 2', { shape: [2, 8, 11, 8], values: 'coarse' }, 3, 2, 1),
  pool('vectors, 2x2 without padding', { shape: [3, 4, 5, 7], values: 'coarse' }, 2, 2, 0),
  pool('vectors, 5x5 kernel, 3x2 plane', { shape: [2, 4, 3, 2] }, 5, 2, 2),
  pool('vectors, stride above the kernel', { shape: [2, 4, 8, 8] }, 2, 3, 0),
  pool('vectors, asymmetric', { shape: [2, 12, 6, 5], values: 'coarse' }, [3, 2], [2, 1], [1, 0, 0, 1]),
  pool('vectors, NaN and infinities', { shape: [2, 4, 5, 5], set: IN_VECTORS }, 3, 2, 1),
  pool('NaN and infinities', { shape: [2, 1, 5, 5], set: NOT_NUMBERS }, 3, 2, 1),
];
