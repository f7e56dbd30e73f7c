import { avgPool } from '../../src/ops/avg_pool';
import { slidingWindow, type Padding, type Pair, type Shape } from '../../src/core/shape';
import { opCase, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/avg_pool';

// A sum of up to 49 numbers rounds 49 times, by 6e-8 of a partial sum that is seldom larger than the result's scale.
const tolerance = { relative: 2e-6, nmse: 1e-13 };

const pool = (name: string, shape: Shape, kernel: Pair, stride: Pair, padding: Padding): OpCase =>
  opCase(avgPool, {
    name: `avg_pool/${name}`,
    inputs: { x: { shape } },
    attrs: { window: slidingWindow(name, kernel, stride, padding) },
    reference,
    tolerance,
  });

export const cases: readonly OpCase[] = [
  pool('before the classifier, full size', [2, 1024, 7, 7], 7, 1, 0),
  pool('auxiliary head, full size', [1, 512, 14, 14], 5, 3, 0),
  pool('batch 3, 5x7 planes', [3, 5, 5, 7], 3, 2, 1),
  pool('one channel', [2, 1, 6, 6], 3, 1, 1),
  pool('2x3 kernel, stride 2x1', [3, 3, 5, 6], [2, 3], [2, 1], 0),
  pool('kernel above the plane', [2, 3, 2, 2], 3, 1, 1),
  pool('stride 2, odd sizes', [2, 3, 9, 11], 2, 2, 0),
  pool('stride above the kernel', [2, 3, 8, 8], 2, 3, 0),
  pool('asymmetric', [2, 3, 6, 5], [3, 2], [2, 1], [1, 0, 0, 1]),
  pool('vectors, batch 3, 5x7 planes', [3, 8, 5, 7], 3, 2, 1),
  pool('vectors, asymmetric', [2, 4, 6, 5], [3, 2], [2, 1], [1, 0, 0, 1]),
];
