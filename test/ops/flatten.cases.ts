import { flatten } from '../../src/ops/flatten';
import type { Shape } from '../../src/core/shape';
import { EXACT, opCase, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/flatten';

const flattenCase = (name: string, shape: Shape): OpCase =>
  opCase(flatten, {
    name: `flatten/${name}`,
    inputs: { x: { shape } },
    attrs: {},
    reference,
    tolerance: EXACT,
  });

export const cases: readonly OpCase[] = [
  flattenCase('auxiliary head', [2, 128, 4, 4]),
  flattenCase('one pixel', [2, 1024, 1, 1]),
  flattenCase('batch 3, 5x7 planes', [3, 5, 5, 7]),
  flattenCase('one channel', [2, 1, 3, 4]),
  flattenCase('features already', [3, 11]),
];
