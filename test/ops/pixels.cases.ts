import type { Shape } from '../../src/core/shape';
import { pixels, type PixelsAttrs } from '../../src/ops/pixels';
import { opCase, ROUNDED, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/pixels';

const pixelsCase = (
  name: string,
  shape: Shape,
  attrs: PixelsAttrs,
  set?: Readonly<Record<number, number>>,
): OpCase =>
  opCase(pixels, {
    name: `pixels/${name}`,
    inputs: { x: { shape, dtype: 'u32', values: 'labels', below: 2 ** 32, ...(set && { set }) } },
    attrs,
    reference,
    tolerance: ROUNDED,
  });

export const cases: readonly OpCase[] = [
  pixelsCase('as they are', [1, 1, 16, 17], {}, { 0: 0, 1: 0xffffffff, 2: 0xff, 3: 0xff00, 4: 0xff0000 }),
  pixelsCase('batch 3, 5x7 planes', [3, 1, 5, 7], {
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
  }),
  pixelsCase('mean alone', [2, 1, 32, 32], { mean: [0.5, 0.25, 0.75] }),
];
