// Kernels that give a gradient a last touch as they write it: `add` is added, then `mask` decides what stays.
import { add } from '../../src/ops/add';
import { avgPoolGrad } from '../../src/ops/avg_pool';
import { conv2dGradInput } from '../../src/ops/conv2d';
import { dropout } from '../../src/ops/dropout';
import { linearGradInput } from '../../src/ops/linear';
import { maxPoolGrad } from '../../src/ops/max_pool';
import type { Op } from '../../src/core/op';
import { slidingWindow, windowOutput, type Padding, type Pair, type Shape } from '../../src/core/shape';
import { ROUNDED, type CaseInput, type OpCase, type Tolerance } from '../support/op_case';
import * as references from '../support/reference/touched';

type TouchName = 'add' | 'mask';

/** Like the largest sums of the gradients' own cases, plus one addition. */
const SUMS: Tolerance = { relative: 3e-6, nmse: 1e-12 };
/** Up to nine numbers and one more. */
const POOLED: Tolerance = { relative: 7e-7, nmse: 1e-13 };

interface Base {
  readonly name: string;
  readonly op: Op;
  readonly inputs: Readonly<Record<string, CaseInput>>;
  readonly attrs: unknown;
  readonly reference: OpCase['reference'];
  readonly tolerance: Tolerance;
}

/** The case with these touches, each of the shape of what is written. Masks are coarse, so that many are just 0. */
const touched = (base: Base, shape: Shape, touches: readonly TouchName[]): OpCase => ({
  ...base,
  name: `${base.name}, ${touches.join(' and ')}`,
  inputs: {
    ...base.inputs,
    ...(touches.includes('add') && { add: { shape } }),
    ...(touches.includes('mask') && { mask: { shape, values: 'coarse' } }),
  },
  gradients: [],
});

const BOTH: readonly TouchName[] = ['add', 'mask'];

const planeOf = ([, , height = 1, width = 1]: Shape) => [height, width] as const;

function conv(name: string, x: Shape, out: number, kernel: Pair, stride: Pair, padding: Padding): Base {
  const window = slidingWindow(name, kernel, stride, padding);
  const w = [out, x[1] ?? 1, ...window.kernel];
  return {
    name: `conv2d_grad_input/${name}`,
    op: conv2dGradInput,
    inputs: { dy: { shape: [x[0] ?? 1, out, ...windowOutput(name, planeOf(x), window)] }, w: { shape: w } },
    attrs: { window, x, w },
    reference: references.convolution,
    tolerance: SUMS,
  };
}

const linear = (name: string, x: Shape, out: number): Base => ({
  name: `linear_grad_input/${name}`,
  op: linearGradInput,
  inputs: { dy: { shape: [x[0] ?? 1, out] }, w: { shape: [out, x[1] ?? 1] } },
  attrs: { x: { shape: x, dtype: 'f32' } },
  reference: references.linear,
  tolerance: SUMS,
});

function avgPool(name: string, x: Shape, kernel: Pair, stride: Pair, padding: Padding): Base {
  const window = slidingWindow(name, kernel, stride, padding);
  return {
    name: `avg_pool_grad/${name}`,
    op: avgPoolGrad,
    inputs: { dy: { shape: [...x.slice(0, 2), ...windowOutput(name, planeOf(x), window)] } },
    attrs: { window, x },
    reference: references.avgPool,
    tolerance: POOLED,
  };
}

/** Planes so small that every window covers all of them: then any place may be where a maximum was. */
function maxPool(name: string, x: Shape, kernel: Pair, padding: Padding): Base {
  const window = slidingWindow(name, kernel, 1, padding);
  const [height, width] = planeOf(x);
  const argmax: CaseInput = { shape: x, dtype: 'u32', values: 'labels', below: height * width };
  return {
    name: `max_pool_grad/${name}`,
    op: maxPoolGrad,
    inputs: { dy: { shape: x }, argmax },
    attrs: { window, x },
    reference: references.maxPool,
    tolerance: POOLED,
  };
}

const drop = (name: string, x: Shape): Base => ({
  name: `dropout/${name}`,
  op: dropout,
  inputs: { x: { shape: x } },
  attrs: { p: 0.4, layer: name },
  reference: references.dropout,
  tolerance: ROUNDED,
});

const sum = (name: string, shape: Shape): Base => ({
  name: `add/${name}`,
  op: add,
  inputs: { x0: { shape }, x1: { shape } },
  attrs: {},
  reference: references.add,
  tolerance: ROUNDED,
});

const inVectors: Shape = [2, 16, 7, 5];
const odd: Shape = [2, 7, 5, 6];

export const cases: readonly OpCase[] = [
  touched(conv('3x3', inVectors, 12, 3, 1, 1), inVectors, ['add']),
  touched(conv('3x3', inVectors, 12, 3, 1, 1), inVectors, ['mask']),
  touched(conv('3x3', inVectors, 12, 3, 1, 1), inVectors, BOTH),
  touched(conv('1x1', inVectors, 40, 1, 1, 0), inVectors, BOTH),
  touched(conv('5x5, half a tile', [2, 12, 6, 6], 8, 5, 1, 2), [2, 12, 6, 6], BOTH),
  touched(conv('stride 2', [2, 8, 9, 11], 8, 3, 2, 1), [2, 8, 9, 11], BOTH),
  touched(conv('odd channels', odd, 5, 3, 1, 1), odd, ['add']),
  touched(conv('odd channels', odd, 5, 3, 1, 1), odd, ['mask']),
  touched(conv('odd channels', odd, 5, 3, 1, 1), odd, BOTH),
  touched(linear('to 16', [3, 24], 16), [3, 24], BOTH),
  touched(linear('odd', [3, 13], 5), [3, 13], BOTH),
  touched(avgPool('3x3', inVectors, 3, 1, 1), inVectors, ['add']),
  touched(avgPool('5x5/3', [2, 8, 14, 14], 5, 3, 0), [2, 8, 14, 14], BOTH),
  touched(avgPool('odd channels', odd, 3, 2, 1), odd, BOTH),
  touched(maxPool('3x3', [2, 16, 2, 2], 3, 1), [2, 16, 2, 2], ['add']),
  touched(maxPool('3x3', [2, 16, 2, 2], 3, 1), [2, 16, 2, 2], ['mask']),
  touched(maxPool('5x5', [2, 8, 3, 3], 5, 2), [2, 8, 3, 3], BOTH),
  touched(maxPool('odd channels', [2, 7, 3, 2], 5, 2), [2, 7, 3, 2], BOTH),
  touched(drop('vectors', [3, 40]), [3, 40], ['mask']),
  touched(drop('odd', [2, 7, 5, 3]), [2, 7, 5, 3], ['mask']),
  touched(sum('vectors', inVectors), inVectors, ['mask']),
  touched(sum('odd', odd), odd, ['mask']),
];
