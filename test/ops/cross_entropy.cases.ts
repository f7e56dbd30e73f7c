import { crossEntropy } from '../../src/ops/cross_entropy';
import { opCase, type CaseInput, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/cross_entropy';

// WGSL lets exp(x) err by 3 + 2|x| ulp of 6e-8 and log by 3 ulp, or 5e-7 near 1. Terms with large |x| are small.
const tolerance = { relative: 3e-6, nmse: 1e-11 };

const lossCase = (
  name: string,
  batch: number,
  classes: number,
  { values = 'uniform', set = {} }: Pick<CaseInput, 'values' | 'set'> = {},
): OpCase =>
  opCase(crossEntropy, {
    name: `cross_entropy/${name}`,
    inputs: {
      x: { shape: [batch, classes], values, set },
      labels: { shape: [batch], dtype: 'u32', values: 'labels', below: classes },
    },
    attrs: {},
    reference,
    tolerance,
  });

export const cases: readonly OpCase[] = [
  lossCase('10 classes', 5, 10),
  lossCase('1000 classes', 4, 1000),
  lossCase('1000 classes, scores up to 1e4', 3, 1000, { values: 'huge' }),
  lossCase('ties', 3, 9, { values: 'coarse' }),
  lossCase('2 classes, one picture', 1, 2),
  lossCase('65 classes', 3, 65),
  lossCase('130 pictures', 130, 7),
  lossCase('all scores very negative', 2, 3, {
    set: { 0: -1e4, 1: -1e4, 2: -10001, 3: -9999, 4: -1e4, 5: -1e4 },
  }),
];
