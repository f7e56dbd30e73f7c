import { slidingWindow, type Padding, type Pair, type Shape } from '../../core/shape';
import { maxPool, maxPoolGrad } from '../max_pool';
import type { PoolAttrs, PoolGradAttrs } from '../../lowering/pool';
import { BACKWARD, BOTH, type CaseInput } from './support/op_case';
import { opTable, tuple } from './support/op_table';
import { get, zeros, type Reference, type RefTensor } from './support/tensor';
import { touched, touchedReference, TOUCHES } from './support/touched';
import { outputSize, randomPool, taps } from './support/windows';

/** Each element of dy goes to the place that `argmax` names in its plane. */
function gradient(shape: Shape, argmax: RefTensor, dy: RefTensor): RefTensor {
  const [, , height = 1, width = 1] = shape;
  const [, , outputHeight = 1, outputWidth = 1] = dy.shape;
  const dx = zeros(shape, dy);
  dy.data.forEach((value, index) => {
    const plane = Math.floor(index / (outputHeight * outputWidth));
    const at = plane * height * width + (argmax.data[index] as number);
    dx.data[at] = (dx.data[at] as number) + value;
  });
  return dx;
}

/** argmax is the position in x's plane of the first maximum, row by row, or of the last NaN, as in PyTorch. */
function maxima(x: RefTensor, { window }: PoolAttrs): { readonly y: RefTensor; readonly argmax: RefTensor } {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  const [outputHeight, outputWidth] = outputSize(x.shape, window);
  const y = zeros([batch, channels, outputHeight, outputWidth]);
  const argmax = zeros(y.shape);
  const places = taps(x.shape, window);
  y.data.fill(-Infinity);
  argmax.data.fill(-1);
  for (let plane = 0; plane < batch * channels; plane++) {
    for (const { from, to } of places) {
      const value = x.data[plane * height * width + from] as number;
      const at = plane * outputHeight * outputWidth + to;
      const best = y.data[at] as number;
      const first = argmax.data[at] === -1;
      if (!first && !(value > best || Number.isNaN(value))) continue;
      y.data[at] = value;
      argmax.data[at] = from;
    }
  }
  return { y, argmax };
}

export const reference: Reference<PoolAttrs> = {
  forward: (inputs, attrs) => ({ ...maxima(get(inputs, 'x'), attrs) }),
  backward(inputs, attrs, d) {
    const x = get(inputs, 'x');
    return { x: gradient(x.shape, maxima(x, attrs).argmax, get(d, 'y')) };
  },
};

const of = (name: string, x: CaseInput, kernel: Pair, stride: Pair, padding: Padding) => ({
  name: `max_pool/${name}`,
  inputs: { x },
  attrs: { window: slidingWindow(name, kernel, stride, padding) },
});

const coarse = (shape: Shape): CaseInput => ({ shape, values: 'coarse' });

function withTorch(name: string, given: CaseInput, kernel: Pair, stride: Pair, padding: Padding = 0) {
  const made = of(name, given, kernel, stride, padding);
  const { window } = made.attrs;
  const x = `padded(x, ${tuple(window.padding)}, -np.inf)`;
  return { ...made, torch: `F.max_pool2d(${x}, ${tuple(window.kernel)}, ${tuple(window.stride)})` };
}

/** Planes so small that every window covers all of them: then any place may be where a maximum was. */
function added(name: string, x: Shape, kernel: Pair, padding: Padding, touches = TOUCHES) {
  const [, , height = 1, width = 1] = x;
  const argmax: CaseInput = { shape: x, dtype: 'u32', values: 'labels', below: height * width };
  const attrs = { window: slidingWindow(name, kernel, 1, padding), x };
  return touched({ name, inputs: { dy: { shape: x }, argmax }, attrs }, x, touches);
}

/** Processors make NaNs with the sign bit set, which lie below all numbers if only their bits are compared. */
const [NEGATIVE_NAN = NaN] = new Float64Array(BigUint64Array.of(0xfff8n << 48n).buffer);
const LOW = -Infinity;
const NOT_NUMBERS = { 0: LOW, 1: LOW, 5: LOW, 6: LOW, 17: NEGATIVE_NAN, 40: Infinity, 41: NaN, 42: NaN };
/** The last channel of four, and another value in each of the others. */
const IN_VECTORS = {
  75: LOW,
  76: LOW,
  80: LOW,
  81: LOW,
  92: NEGATIVE_NAN,
  17: Infinity,
  41: NaN,
  42: NaN,
  46: NaN,
  66: LOW,
};

export const tables = [
  opTable(maxPool, {
    reference,
    // y and argmax are exact; dx adds up to 9 numbers, one rounding of 6e-8 each.
    tolerance: { relative: 6e-7, nmse: 1e-13 },
    exact: true,
    random: randomPool,
    layer: { further: [{ kernel: 2 }] },
    cases: [
      of('pool1, full size', { shape: [1, 64, 112, 112] }, 3, 2, 1),
      of('pool2', { shape: [2, 12, 56, 56] }, 3, 2, 1),
      of('pool3', { shape: [2, 30, 28, 28] }, 3, 2, 1),
      of('pool4', { shape: [2, 52, 14, 14] }, 3, 2, 1),
      of('3a, full size', { shape: [1, 192, 28, 28] }, 3, 1, 1),
      of('4b', { shape: [2, 32, 14, 14] }, 3, 1, 1),
      of('5b', { shape: [2, 52, 7, 7] }, 3, 1, 1),
      of('ties, stride 1', coarse([2, 4, 9, 9]), 3, 1, 1),
      of('ties, stride 2', coarse([2, 3, 11, 8]), 3, 2, 1),
      of('batch 3, 5x7 planes', { shape: [3, 5, 5, 7] }, 3, 2, 1),
      of('2x2 without padding', { shape: [3, 3, 5, 7] }, 2, 2, 0),
      of('one channel', { shape: [2, 1, 6, 6] }, 3, 1, 1),
      of('kernel above the plane', coarse([2, 3, 2, 2]), 3, 1, 1),
      of('5x5 kernel, 3x2 plane', { shape: [2, 3, 3, 2] }, 5, 2, 2),
      of('stride 2, odd sizes', { shape: [2, 3, 9, 11] }, 3, 2, 1),
      of('stride above the kernel', { shape: [2, 3, 8, 8] }, 2, 3, 0),
      of('asymmetric', coarse([2, 3, 6, 5]), [3, 2], [2, 1], [1, 0, 0, 1]),
      of('asymmetric, other sides', { shape: [2, 3, 7, 6] }, [2, 3], [1, 2], [0, 1, 1, 0]),
      of('vectors, ties, stride 2', coarse([2, 8, 11, 8]), 3, 2, 1),
      of('vectors, 2x2 without padding', coarse([3, 4, 5, 7]), 2, 2, 0),
      of('vectors, 5x5 kernel, 3x2 plane', { shape: [2, 4, 3, 2] }, 5, 2, 2),
      of('vectors, stride above the kernel', { shape: [2, 4, 8, 8] }, 2, 3, 0),
      of('vectors, asymmetric', coarse([2, 12, 6, 5]), [3, 2], [2, 1], [1, 0, 0, 1]),
      of('vectors, NaN and infinities', { shape: [2, 4, 5, 5], set: IN_VECTORS }, 3, 2, 1),
      of('NaN and infinities', { shape: [2, 1, 5, 5], set: NOT_NUMBERS }, 3, 2, 1),
      of('few, asymmetric', { shape: [2, 2, 5, 4] }, [3, 2], [2, 1], [1, 0, 0, 1]),
      of('few, kernel above the plane', { shape: [1, 2, 2, 2] }, 3, 1, 1),
      withTorch('3x3 stride 2', { shape: [2, 4, 14, 14] }, 3, 2, 1),
      withTorch('3x3 stride 1', { shape: [2, 5, 7, 7] }, 3, 1, 1),
      withTorch('2x2', { shape: [3, 3, 5, 7] }, 2, 2),
      withTorch('ties, 3x3 stride 1', coarse([2, 4, 9, 9]), 3, 1, 1),
      withTorch('ties, 3x3 stride 2', coarse([2, 3, 11, 8]), 3, 2, 1),
      withTorch('above the plane', { shape: [2, 3, 2, 2] }, 3, 1, 1),
      withTorch('3x2 stride 2x1, asymmetric', coarse([2, 3, 6, 5]), [3, 2], [2, 1], [1, 0, 0, 1]),
      of('many workgroups', { shape: [3, 5, 9, 11] }, 3, 1, 1),
      { ...of('vectors, stride 2', coarse([2, 8, 11, 8]), 3, 2, 1), doctor: BOTH },
      { ...of('odd channels, stride 1', coarse([2, 3, 9, 7]), 3, 1, 1), doctor: BOTH },
      { ...of('uneven', coarse([2, 4, 6, 5]), [3, 2], [2, 1], [1, 0, 0, 1]), doctor: BOTH },
    ],
  }),
  opTable(maxPoolGrad, {
    reference: touchedReference('dx', (inputs, { x }: PoolGradAttrs) =>
      gradient(x, get(inputs, 'argmax'), get(inputs, 'dy')),
    ),
    // Up to nine numbers and one more.
    tolerance: { relative: 7e-7, nmse: 1e-13 },
    random: 'a gradient',
    layer: 'a gradient',
    cases: [
      added('max_pool_grad/3x3', [2, 16, 2, 2], 3, 1, ['add']),
      added('max_pool_grad/3x3', [2, 16, 2, 2], 3, 1, ['mask']),
      added('max_pool_grad/5x5', [2, 8, 3, 3], 5, 2),
      added('max_pool_grad/odd channels', [2, 7, 3, 2], 5, 2),
      { ...added('max_pool/gradient, vectors', [2, 8, 3, 2], 5, 2), doctor: BACKWARD },
      { ...added('max_pool/gradient, odd channels', [3, 5, 3, 2], 5, 2), doctor: BACKWARD },
    ],
  }),
];
