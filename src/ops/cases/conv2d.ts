import { slidingWindow, type Padding, type Pair, type Shape, type SlidingWindow } from '../../core/shape';
import { conv2d } from '../conv2d';
import { opTable, tuple } from './support/op_table';
import { channelOf, get, zeros, zip, type RefTensor, type RefTensors } from './support/tensor';
import { outputSize, randomPool, taps } from './support/windows';

interface Attrs {
  readonly window: SlidingWindow;
  /** ReLU after the convolution. */
  readonly relu?: boolean;
}

/** Visits each product of the sum with the flat indices of its x, w and y. */
function eachProduct(
  { shape: xShape }: RefTensor,
  { shape: wShape }: RefTensor,
  { shape: yShape }: RefTensor,
  window: SlidingWindow,
  visit: (ix: number, iw: number, iy: number) => void,
): void {
  const [batch = 1, inputs = 1, height = 1, width = 1] = xShape;
  const [outputs = 1, , kernelHeight = 1, kernelWidth = 1] = wShape;
  const [, , outputHeight = 1, outputWidth = 1] = yShape;
  const kernel = kernelHeight * kernelWidth;
  const places = taps(xShape, window);
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const yPlane = (n * outputs + o) * outputHeight * outputWidth;
      for (let c = 0; c < inputs; c++) {
        const xPlane = (n * inputs + c) * height * width;
        const wPlane = (o * inputs + c) * kernel;
        for (const { from, to, tap } of places) visit(xPlane + from, wPlane + tap, yPlane + to);
      }
    }
  }
}

/** With bias and ReLU where given: the fused kernels, and linear layers, are held against it, too. */
export const reference = {
  /** y[n,o,i,j] = b[o] + sum over c,r,s of x[n,c,i*stride+r-padding,j*stride+s-padding] * w[o,c,r,s], b optional. */
  forward(inputs: RefTensors, attrs: Attrs): { readonly y: RefTensor } {
    const x = get(inputs, 'x');
    const w = get(inputs, 'w');
    const y = zeros([x.shape[0] ?? 1, w.shape[0] ?? 1, ...outputSize(x.shape, attrs.window)], x);
    eachProduct(x, w, y, attrs.window, (ix, iw, iy) => {
      y.data[iy] = (y.data[iy] as number) + (x.data[ix] as number) * (w.data[iw] as number);
    });
    const channel = channelOf(y);
    const { b } = inputs;
    const data = y.data.map((sum, index) => {
      const value = sum + (b?.data[channel(index)] ?? 0);
      return attrs.relu && value < 0 ? 0 : value;
    });
    return { y: { shape: y.shape, data } };
  },

  /** Gradients of x, w and, where given, b. */
  backward(inputs: RefTensors, attrs: Attrs, d: RefTensors): RefTensors {
    const x = get(inputs, 'x');
    const w = get(inputs, 'w');
    const { b } = inputs;
    const { y } = reference.forward(inputs, attrs);
    const dz = zip(y, get(d, 'y'), (value, dy) => (attrs.relu && value <= 0 ? 0 : dy));
    const dx = zeros(x.shape, x);
    const dw = zeros(w.shape, w);
    eachProduct(x, w, dz, attrs.window, (ix, iw, iy) => {
      dx.data[ix] = (dx.data[ix] as number) + (dz.data[iy] as number) * (w.data[iw] as number);
      dw.data[iw] = (dw.data[iw] as number) + (dz.data[iy] as number) * (x.data[ix] as number);
    });
    if (!b) return { x: dx, w: dw };
    const db = zeros(b.shape, b);
    const channel = channelOf(dz);
    dz.data.forEach((value, index) => {
      const o = channel(index);
      db.data[o] = (db.data[o] as number) + value;
    });
    return { x: dx, w: dw, b: db };
  },
};

/**
 * Sums of K products round K times: in float32 the error grows like sqrt(K) * 6e-8 relative to a typical sum, and
 * is measured relative to the largest. The longest sum here (a weight gradient) has 12,544 terms.
 */
export const tolerance = { relative: 3e-6, nmse: 1e-12 };

interface Options {
  readonly stride?: Pair;
  readonly padding?: Padding;
}

/** A convolution of x by `out` kernels. */
export const convolution = (
  name: string,
  x: Shape,
  out: number,
  kernel: Pair,
  { stride = 1, padding = 0 }: Options = {},
) => {
  const window = slidingWindow(name, kernel, stride, padding);
  return {
    name: `conv2d/${name}`,
    inputs: { x: { shape: x }, w: { shape: [out, x[1] ?? 1, ...window.kernel] } },
    attrs: { window },
  };
};

const withTorch = (name: string, x: Shape, out: number, kernel: Pair, options: Options = {}) => {
  const made = convolution(name, x, out, kernel, options);
  const { padding, stride } = made.attrs.window;
  return { ...made, torch: `F.conv2d(padded(x, ${tuple(padding)}), w, stride=${tuple(stride)})` };
};

const same3 = { padding: 1 };
const same5 = { padding: 2 };
const uneven: Options = { stride: [1, 2], padding: [0, 3, 1, 2] };

export const tables = [
  opTable(conv2d, {
    reference,
    tolerance,
    random: (draw, x) => {
      const { attrs } = randomPool(draw, x) as { attrs: { readonly window: SlidingWindow } };
      const w = [1 + draw.below(9), x[1] ?? 1, ...attrs.window.kernel];
      return { attrs, others: { w } };
    },
    layer: { name: 'conv', further: [{ channels: 4, kernel: 3 }] },
    cases: [
      // One full-size case per kernel size; the other layers of Table 1 with smaller planes.
      convolution('conv1 7x7/2, full size', [1, 3, 224, 224], 64, 7, { stride: 2, padding: 3 }),
      convolution('reduce2 1x1, full size', [1, 64, 56, 56], 64, 1),
      convolution('4e 3x3, full size', [1, 160, 14, 14], 320, 3, same3),
      convolution('5a 5x5, full size', [1, 32, 7, 7], 128, 5, same5),
      convolution('conv2 3x3', [1, 64, 14, 14], 192, 3, same3),
      convolution('3a 3x3', [1, 96, 7, 7], 128, 3, same3),
      convolution('3a 5x5', [2, 16, 9, 9], 32, 5, same5),
      convolution('3b 5x5', [1, 32, 7, 7], 96, 5, same5),
      convolution('4b 3x3', [1, 112, 7, 7], 224, 3, same3),
      convolution('4b 5x5', [2, 24, 7, 7], 64, 5, same5),
      convolution('3a 1x1 to 16', [2, 192, 7, 7], 16, 1),
      convolution('4a 1x1', [2, 480, 4, 4], 192, 1),
      convolution('4d 1x1', [1, 512, 7, 7], 112, 1),
      convolution('5b 1x1', [3, 832, 3, 3], 48, 1),
      convolution('aux 1x1', [2, 528, 4, 4], 128, 1),
      // Odd ones.
      convolution('batch 3, 5x7 planes', [3, 8, 5, 7], 12, 3, same3),
      convolution('long sums of ragged lines', [3, 4, 9, 17], 8, 3, same3),
      convolution('odd channels', [3, 5, 5, 7], 7, 3, same3),
      convolution('odd channels in', [2, 6, 5, 7], 8, 3, same3),
      convolution('odd channels out', [2, 8, 5, 7], 10, 3, same3),
      convolution('odd channels, 5x5', [2, 3, 6, 5], 5, 5, same5),
      convolution('odd channels, 1x1', [2, 7, 5, 3], 9, 1),
      convolution('odd channels, 7x7/2', [2, 3, 15, 13], 6, 7, { stride: 2, padding: 3 }),
      convolution('one channel', [2, 1, 6, 6], 1, 3, same3),
      convolution('one channel to 4', [2, 1, 6, 6], 4, 3, same3),
      convolution('12 channels: half a tile', [2, 12, 5, 5], 12, 3, same3),
      convolution('kernel above the plane', [2, 4, 2, 3], 4, 5, same5),
      convolution('kernel above the plane, odd', [2, 3, 2, 2], 3, 5, same5),
      convolution('one output pixel', [2, 8, 5, 5], 8, 5),
      convolution('stride 2, odd sizes', [2, 8, 9, 11], 8, 3, { stride: 2, padding: 1 }),
      convolution('stride 2, even sizes', [2, 4, 8, 6], 8, 3, { stride: 2, padding: 1 }),
      convolution('stride 2, 1x1', [2, 8, 7, 5], 4, 1, { stride: 2 }),
      convolution('stride 3 above the kernel', [2, 4, 9, 8], 4, 2, { stride: 3 }),
      convolution('stride 2, odd channels', [2, 3, 9, 11], 5, 3, { stride: 2, padding: 1 }),
      convolution('asymmetric padding', [2, 8, 6, 5], 8, [3, 2], { padding: [1, 0, 0, 1] }),
      convolution('asymmetric everything', [2, 4, 7, 9], 8, [2, 5], uneven),
      convolution('asymmetric everything, odd', [2, 3, 7, 9], 5, [2, 5], uneven),
      convolution('few', [2, 2, 4, 3], 3, 3, same3),
      withTorch('3x3 no bias', [2, 4, 6, 6], 6, 3, same3),
      withTorch('2x5 no bias, asymmetric', [2, 3, 7, 9], 5, [2, 5], uneven),
      convolution('many workgroups', [2, 32, 12, 12], 32, 3, same3),
      convolution('many workgroups, odd channels', [2, 9, 12, 12], 18, 3, same3),
      convolution('odd channels, many workgroups', [2, 13, 13, 11], 15, 3, same3),
    ],
  }),
];
