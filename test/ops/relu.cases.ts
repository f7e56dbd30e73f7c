import { relu } from '../../src/ops/relu';
import { EXACT, opCase, type CaseInput, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/relu';

const reluCase = (name: string, x: CaseInput): OpCase =>
  opCase(relu, { name: `relu/${name}`, inputs: { x }, attrs: {}, reference, tolerance: EXACT });

export const cases: readonly OpCase[] = [
  reluCase('conv1', { shape: [1, 64, 56, 56] }),
  reluCase('features', { shape: [4, 1024] }),
  reluCase('batch 3, 5x7 planes, exact zeros', { shape: [3, 7, 5, 7], values: 'coarse' }),
  reluCase('vectors, exact zeros', { shape: [3, 8, 5, 7], values: 'coarse' }),
  reluCase('one channel', { shape: [2, 1, 3, 3] }),
  reluCase('NaN stays', { shape: [1, 3, 2, 2], set: { 1: NaN, 5: Infinity, 6: -Infinity, 11: NaN } }),
  reluCase('vectors, NaN stays', {
    shape: [1, 4, 2, 2],
    set: { 1: NaN, 5: Infinity, 6: -Infinity, 15: NaN },
  }),
];
