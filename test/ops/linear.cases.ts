import { linear, linearFused } from '../../src/ops/linear';
import { opCase, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/linear';

// See conv2d.cases.ts: sums of up to 2048 products.
const tolerance = { relative: 3e-6, nmse: 1e-12 };

const full = (name: string, batch: number, features: number, out: number): OpCase =>
  opCase(linear, {
    name: `linear/${name}`,
    inputs: { x: { shape: [batch, features] }, w: { shape: [out, features] } },
    attrs: {},
    reference,
    tolerance,
  });

export const cases: readonly OpCase[] = [
  full('linear5', 2, 1024, 1000),
  full('aux fc3', 2, 2048, 1024),
  full('ten classes', 32, 128, 10),
  full('odd', 3, 7, 5),
  full('one', 1, 1, 1),
  full('batch of 300', 300, 8, 12),
  opCase(linearFused, {
    name: 'linear_fused/with ReLU',
    inputs: { x: { shape: [5, 24] }, w: { shape: [16, 24] }, b: { shape: [16] } },
    attrs: { relu: true },
    reference,
    gradients: [],
    tolerance,
  }),
];
