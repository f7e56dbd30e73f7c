import { add } from '../../src/ops/add';
import type { Shape } from '../../src/core/shape';
import { opCase, ROUNDED, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/add';

const addCase = (name: string, shape: Shape): OpCase =>
  opCase(add, {
    name: `add/${name}`,
    inputs: { x0: { shape }, x1: { shape } },
    attrs: {},
    reference,
    tolerance: ROUNDED,
  });

export const cases: readonly OpCase[] = [
  addCase('3a input gradient', [2, 192, 28, 28]),
  addCase('batch 3, 5x7 planes', [3, 5, 5, 7]),
  addCase('one channel', [2, 1, 6, 6]),
  addCase('features', [3, 37]),
  addCase('vectors of features', [3, 36]),
];
