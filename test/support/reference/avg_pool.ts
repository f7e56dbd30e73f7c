import type { SlidingWindow } from '../../../src/core/shape';
import { get, zeros, type RefTensor, type RefTensors } from './tensor';
import { outputSize, taps } from './windows';

/** Mean of each window; places in the padding count as zeros. */
export function forward(inputs: RefTensors, { window }: { window: SlidingWindow }): RefTensors {
  const x = get(inputs, 'x');
  const [batch = 1, channels = 1] = x.shape;
  const y = zeros([batch, channels, ...outputSize(x.shape, window)], x);
  eachPair(x, y, window, (from, to, share) => {
    y.data[to] = (y.data[to] as number) + (x.data[from] as number) * share;
  });
  return { y };
}

export function backward(
  inputs: RefTensors,
  { window }: { window: SlidingWindow },
  d: RefTensors,
): RefTensors {
  const dy = get(d, 'y');
  const dx = zeros(get(inputs, 'x').shape, dy);
  eachPair(dx, dy, window, (from, to, share) => {
    dx.data[from] = (dx.data[from] as number) + (dy.data[to] as number) * share;
  });
  return { x: dx };
}

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
