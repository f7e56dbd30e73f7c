import { describe, expect, it } from 'vitest';
import { distinctLayers, type Layer } from '../../bench/jobs/layers';
import { windowOutput } from '../../src/core/shape';

function multiplyAdds({ name, x, channels, window }: Layer): number {
  const [batch = 1, inputs = 1, height = 1, width = 1] = x;
  if (!window) return batch * inputs * channels;
  const [outputHeight, outputWidth] = windowOutput(name, [height, width], window);
  const taps = window.kernel[0] * window.kernel[1];
  return batch * outputHeight * outputWidth * channels * inputs * taps;
}

describe('distinctLayers', () => {
  it.each([1, 3])('stands for all layers of Table 1 and the auxiliary classifiers, batch %i', (batch) => {
    const layers = distinctLayers(batch);
    const sum = (of: (layer: Layer) => number) => layers.reduce((total, layer) => total + of(layer), 0);
    // 57 convolutions and a linear layer, and a convolution and two linear layers of each auxiliary classifier.
    expect(sum(({ count }) => count)).toBe(58 + 6);
    expect(sum((layer) => layer.count * multiplyAdds(layer))).toBe(batch * (1_582_671_872 + 8_372_224));
  });

  it('holds no two of the same sizes, and wants the gradient of all inputs but the images', () => {
    const layers = distinctLayers(1);
    expect(new Set(layers.map(({ sizes, relu }) => `${sizes} ${relu}`)).size).toBe(layers.length);
    expect(layers.filter(({ inputGradient }) => !inputGradient).map(({ name }) => name)).toEqual(['conv1']);
  });
});
