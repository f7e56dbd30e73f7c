import {
  slidingWindow,
  windowOutput,
  type Padding,
  type Pair,
  type Shape,
  type SlidingWindow,
} from '../../core/shape';
import { avgPool, avgPoolGrad } from '../avg_pool';
import type { PoolAttrs, PoolGradAttrs } from '../../lowering/pool';
import { BACKWARD, BOTH, type DoctorUse } from './support/op_case';
import { opTable, tuple } from './support/op_table';
import { get, zeros, type Reference, type RefTensor } from './support/tensor';
import { touched, touchedReference, TOUCHES } from './support/touched';
import { outputSize, randomPool, taps } from './support/windows';

/** Visits each element of x with each mean in which it has a share. */
function eachPair(
  { shape }: RefTensor,
  y: RefTensor,
  window: SlidingWindow,
  visit: (from: number, to: number, share: number) => void,
): void {
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  const [, , outputHeight = 1, outputWidth = 1] = y.shape;
  const share = 1 / (window.kernel[0] * window.kernel[1]);
  const places = taps(shape, window);
  for (let plane = 0; plane < batch * channels; plane++) {
    for (const { from, to } of places) {
      visit(plane * height * width + from, plane * outputHeight * outputWidth + to, share);
    }
  }
}

function gradient(shape: Shape, window: SlidingWindow, dy: RefTensor): RefTensor {
  const dx = zeros(shape, dy);
  eachPair(dx, dy, window, (from, to, share) => {
    dx.data[from] = (dx.data[from] as number) + (dy.data[to] as number) * share;
  });
  return dx;
}

/** Mean of each window; places in the padding count as zeros. */
const reference: Reference<PoolAttrs> = {
  forward(inputs, { window }) {
    const x = get(inputs, 'x');
    const [batch = 1, channels = 1] = x.shape;
    const y = zeros([batch, channels, ...outputSize(x.shape, window)], x);
    eachPair(x, y, window, (from, to, share) => {
      y.data[to] = (y.data[to] as number) + (x.data[from] as number) * share;
    });
    return { y };
  },
  backward: (inputs, { window }, d) => ({ x: gradient(get(inputs, 'x').shape, window, get(d, 'y')) }),
};

const of = (
  name: string,
  shape: Shape,
  kernel: Pair,
  stride: Pair,
  padding: Padding,
  doctor?: DoctorUse,
) => ({
  name: `avg_pool/${name}`,
  inputs: { x: { shape } },
  attrs: { window: slidingWindow(name, kernel, stride, padding) },
  ...(doctor && { doctor }),
});

function withTorch(name: string, shape: Shape, kernel: Pair, stride: Pair, padding: Padding) {
  const made = of(name, shape, kernel, stride, padding);
  const { window } = made.attrs;
  const x = `padded(x, ${tuple(window.padding)})`;
  return { ...made, torch: `F.avg_pool2d(${x}, ${tuple(window.kernel)}, ${tuple(window.stride)})` };
}

function added(name: string, x: Shape, kernel: Pair, stride: Pair, padding: Padding, touches = TOUCHES) {
  const window = slidingWindow(name, kernel, stride, padding);
  const [batch = 1, channels = 1, height = 1, width = 1] = x;
  const dy = [batch, channels, ...windowOutput(name, [height, width], window)];
  return touched({ name, inputs: { dy: { shape: dy } }, attrs: { window, x } }, x, touches);
}

export const tables = [
  opTable(avgPool, {
    reference,
    // A sum of up to 49 numbers rounds 49 times, by 6e-8 of a partial sum that is seldom larger than the result's scale.
    tolerance: { relative: 2e-6, nmse: 1e-13 },
    random: randomPool,
    layer: { further: [{ kernel: 2 }] },
    cases: [
      of('before the classifier, full size', [2, 1024, 7, 7], 7, 1, 0),
      of('auxiliary head, full size', [1, 512, 14, 14], 5, 3, 0),
      of('batch 3, 5x7 planes', [3, 5, 5, 7], 3, 2, 1),
      of('one channel', [2, 1, 6, 6], 3, 1, 1),
      of('2x3 kernel, stride 2x1', [3, 3, 5, 6], [2, 3], [2, 1], 0),
      of('kernel above the plane', [2, 3, 2, 2], 3, 1, 1),
      of('stride 2, odd sizes', [2, 3, 9, 11], 2, 2, 0),
      of('stride above the kernel', [2, 3, 8, 8], 2, 3, 0),
      of('asymmetric', [2, 3, 6, 5], [3, 2], [2, 1], [1, 0, 0, 1]),
      of('vectors, batch 3, 5x7 planes', [3, 8, 5, 7], 3, 2, 1),
      of('vectors, asymmetric', [2, 4, 6, 5], [3, 2], [2, 1], [1, 0, 0, 1]),
      of('few, asymmetric', [2, 2, 5, 4], [3, 2], [2, 1], [1, 0, 0, 1]),
      of('few, kernel above the plane', [1, 2, 2, 2], 3, 1, 1),
      withTorch('7x7', [2, 16, 7, 7], 7, 1, 0),
      withTorch('5x5 stride 3', [2, 4, 14, 14], 5, 3, 0),
      withTorch('2x3 stride 2x1', [3, 3, 5, 6], [2, 3], [2, 1], 0),
      of('many workgroups', [3, 5, 9, 11], 3, 1, 1),
      of('vectors, stride 2', [2, 8, 11, 8], 3, 2, 1, BOTH),
      of('odd channels, stride 1', [2, 3, 9, 7], 3, 1, 1, BOTH),
      of('uneven', [2, 4, 6, 5], [3, 2], [2, 1], [1, 0, 0, 1], BOTH),
    ],
  }),
  opTable(avgPoolGrad, {
    reference: touchedReference('dx', (inputs, { window, x }: PoolGradAttrs) =>
      gradient(x, window, get(inputs, 'dy')),
    ),
    // Up to nine numbers and one more.
    tolerance: { relative: 7e-7, nmse: 1e-13 },
    random: 'a gradient',
    layer: 'a gradient',
    cases: [
      added('avg_pool_grad/3x3', [2, 16, 7, 5], 3, 1, 1, ['add']),
      added('avg_pool_grad/5x5/3', [2, 8, 14, 14], 5, 3, 0),
      added('avg_pool_grad/odd channels', [2, 7, 5, 6], 3, 2, 1),
      { ...added('avg_pool/gradient, vectors', [2, 8, 7, 5], 3, 2, 1), doctor: BACKWARD },
      { ...added('avg_pool/gradient, odd channels', [3, 5, 5, 7], 3, 2, 1), doctor: BACKWARD },
    ],
  }),
];
