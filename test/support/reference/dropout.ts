import { hashName, philox } from '../../../src/core/random';
import type { Step } from '../../../src/core/step';
import { get, type RefTensor, type RefTensors } from './tensor';

interface Attrs {
  readonly p: number;
  readonly layer: string;
}

/**
 * Element f of a picture, counted pixel by pixel and within a pixel by channel, is kept where word f % 4 of
 * philox(counter (step, picture, f / 4, 0), key (seed, layer)) is below (1 - p) * 2^32.
 */
function drop(
  { shape, data }: RefTensor,
  { p, layer }: Attrs,
  { seed, step, first_picture }: Step,
): RefTensor {
  const [, channels = 1, height = 1, width = 1] = shape;
  const plane = height * width;
  const bound = Math.floor((1 - p) * 2 ** 32);
  const kept = data.map((value, index) => {
    const picture = first_picture + Math.floor(index / (channels * plane));
    const f = (index % plane) * channels + (Math.floor(index / plane) % channels);
    const words = philox([step, picture, Math.floor(f / 4), 0], [seed, hashName(layer)]);
    return (words[f % 4] as number) < bound ? value / (1 - p) : 0;
  });
  return { shape, data: kept };
}

export const forward = (inputs: RefTensors, attrs: Attrs, step: Step): RefTensors => ({
  y: drop(get(inputs, 'x'), attrs, step),
});

export const backward = (_inputs: RefTensors, attrs: Attrs, d: RefTensors, step: Step): RefTensors => ({
  x: drop(get(d, 'y'), attrs, step),
});
