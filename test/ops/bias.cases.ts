import { bias } from '../../src/ops/bias';
import type { Shape } from '../../src/core/shape';
import { opCase, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/bias';

// db is a sum of up to 12544 numbers, in blocks of sqrt(12544) = 112: random rounding errors of 6e-8 grow by sqrt(112)
// in a block and again over the blocks, relative to sums that themselves grow only as the square root of their length.
const tolerance = { relative: 2e-6, nmse: 1e-12 };

const biasCase = (name: string, x: Shape): OpCase =>
  opCase(bias, {
    name: `bias/${name}`,
    inputs: { x: { shape: x }, b: { shape: [x[1] ?? 1] } },
    attrs: {},
    reference,
    tolerance,
  });

export const cases: readonly OpCase[] = [
  biasCase('conv1, full size', [1, 64, 112, 112]),
  biasCase('3a 1x1, reduces merged', [2, 176, 28, 28]),
  biasCase('5b 3x3', [2, 384, 7, 7]),
  biasCase('classifier', [4, 1000]),
  biasCase('batch 3, 5x7 planes', [3, 5, 5, 7]),
  biasCase('vectors, batch 3', [3, 12, 5, 7]),
  biasCase('one channel', [2, 1, 6, 6]),
  biasCase('one number', [1, 1, 1, 1]),
];
