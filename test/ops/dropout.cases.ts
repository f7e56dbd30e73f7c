import { dropout } from '../../src/ops/dropout';
import type { Shape } from '../../src/core/shape';
import type { Step } from '../../src/core/step';
import { opCase, ROUNDED, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/dropout';

const STEP = { seed: 20, step: 3, first_picture: 6 };

const dropCase = (name: string, shape: Shape, p: number, step: Partial<Step> = STEP): OpCase =>
  opCase(dropout, {
    name: `dropout/${name}`,
    inputs: { x: { shape } },
    attrs: { p, layer: 'main/dropout' },
    reference,
    tolerance: ROUNDED,
    step,
  });

export const cases: readonly OpCase[] = [
  dropCase('main head', [4, 1024], 0.4),
  dropCase('auxiliary head', [3, 1024], 0.7),
  dropCase('large seed and step', [2, 64], 0.5, {
    seed: 0xfedcba98,
    step: 0x89abcdef,
    first_picture: 0x7fffffff,
  }),
  dropCase('features no multiple of 4', [5, 7], 0.5),
  dropCase('fewer than 4 features', [9, 3], 0.5),
  dropCase('batch 3, 5x7 planes', [3, 5, 5, 7], 0.3),
  dropCase('one channel', [2, 1, 5, 5], 0.5),
  dropCase('p = 0', [3, 37], 0),
  dropCase('p nearly 1', [3, 1000], 0.99),
];
