import type { SlidingWindow } from '../../../src/core/shape';
import { get, zeros, type RefTensor, type RefTensors } from './tensor';
import { outputSize, taps } from './windows';

/** argmax is the position in x's plane of the first maximum, row by row; a NaN counts as larger than any number. */
export function forward(
  inputs: RefTensors,
  { window }: { window: SlidingWindow },
): { y: RefTensor; argmax: RefTensor } {
  const x = get(inputs, 'x');
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
      if (!first && (Number.isNaN(best) || !(value > best || Number.isNaN(value)))) continue;
      y.data[at] = value;
      argmax.data[at] = from;
    }
  }
  return { y, argmax };
}

export function backward(inputs: RefTensors, attrs: { window: SlidingWindow }, d: RefTensors): RefTensors {
  const x = get(inputs, 'x');
  const dy = get(d, 'y');
  const { argmax } = forward(inputs, attrs);
  const [, , height = 1, width = 1] = x.shape;
  const [, , outputHeight = 1, outputWidth = 1] = dy.shape;
  const dx = zeros(x.shape, x);
  dy.data.forEach((value, index) => {
    const plane = Math.floor(index / (outputHeight * outputWidth));
    const at = plane * height * width + (argmax.data[index] as number);
    dx.data[at] = (dx.data[at] as number) + value;
  });
  return { x: dx };
}
