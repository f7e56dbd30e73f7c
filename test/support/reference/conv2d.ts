import type { SlidingWindow } from '../../../src/core/shape';
import { channelOf, get, zeros, zip, type RefTensor, type RefTensors } from './tensor';
import { outputSize, taps } from './windows';

interface Attrs {
  readonly window: SlidingWindow;
  /** ReLU after the convolution. */
  readonly relu?: boolean;
}

/** y[n,o,i,j] = b[o] + sum over c,r,s of x[n,c,i*stride+r-padding,j*stride+s-padding] * w[o,c,r,s], b optional. */
export function forward(inputs: RefTensors, attrs: Attrs): { y: RefTensor } {
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
}

/** Gradients of x, w and, where given, b. */
export function backward(inputs: RefTensors, attrs: Attrs, d: RefTensors): RefTensors {
  const x = get(inputs, 'x');
  const w = get(inputs, 'w');
  const { b } = inputs;
  const { y } = forward(inputs, attrs);
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
