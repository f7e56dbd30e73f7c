import { concat, slice } from '../../src/ops/concat';
import type { Shape } from '../../src/core/shape';
import { EXACT, opCase, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/concat';
import * as sliceReference from '../support/reference/slice';

const concatCase = (name: string, channels: readonly number[], batch: number, plane: Shape = []): OpCase =>
  opCase(concat, {
    name: `concat/${name}`,
    inputs: Object.fromEntries(channels.map((count, i) => [`x${i}`, { shape: [batch, count, ...plane] }])),
    attrs: {},
    reference,
    tolerance: EXACT,
  });

/** slice has no gradient of its own: it is one. */
const sliceCase = (name: string, shape: Shape, first: number, channels: number): OpCase =>
  opCase(slice, {
    name: `slice/${name}`,
    inputs: { x: { shape } },
    attrs: { first, channels },
    reference: sliceReference,
    gradients: [],
    tolerance: EXACT,
  });

export const cases: readonly OpCase[] = [
  concatCase('3a, full size', [64, 128, 32, 32], 1, [28, 28]),
  concatCase('one input', [6], 2, [3, 4]),
  concatCase('two inputs, odd channels', [3, 5], 2, [5, 7]),
  concatCase('four inputs, odd channels, batch 3', [1, 5, 3, 2], 3, [5, 7]),
  concatCase('features', [7, 1, 4], 3),
  concatCase('vectors, batch 3', [4, 12, 8], 3, [5, 7]),
  concatCase('vectors beside no vectors', [4, 2, 6], 2, [3, 5]),
  concatCase('8 channels from channel 6 of 16', [6, 8, 2], 2, [3, 5]),
  sliceCase('first channels', [2, 7, 3, 5], 0, 3),
  sliceCase('middle, batch 3', [3, 9, 5, 7], 4, 2),
  sliceCase('all', [2, 4, 3, 3], 0, 4),
  sliceCase('features', [3, 10], 7, 3),
  sliceCase('vectors', [3, 16, 5, 7], 4, 8),
  sliceCase('8 channels from channel 2 of 16', [2, 16, 3, 5], 2, 8),
  sliceCase('4 channels of 7', [2, 7, 3, 5], 0, 4),
];
