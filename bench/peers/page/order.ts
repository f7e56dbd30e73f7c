import type { Tensor } from '../../../src/index';
import type { Layer } from '../layers';

/** What a weight's numbers are, outermost first: (output, C, height, width) of a kernel or of a flattened plane. */
export type Taps = readonly [out: number, channels: number, height: number, width: number];

/** Kernel sizes of each weight; a linear layer behind a flattened (C, H, W) is a kernel as large as that plane. */
export function tapsOf(layers: readonly Layer[], weights: ReadonlyMap<string, Tensor>): Map<string, Taps> {
  const shapes = new Map(layers.map(({ y, shape }) => [y, shape]));
  const found = new Map<string, Taps>();
  for (const layer of layers) {
    if (!('weight' in layer)) continue;
    const [out = 1, channels = 1, height = 1, width = 1] = weights.get(layer.weight)?.shape ?? [];
    const flattened = layers.find(({ kind, y }) => kind === 'flatten' && y === layer.x);
    const [, c = channels, h = height, w = width] =
      (flattened?.kind === 'flatten' ? shapes.get(flattened.x) : undefined) ?? [];
    found.set(layer.weight, layer.kind === 'conv' ? [out, channels, height, width] : [out, c, h, w]);
  }
  return found;
}

/** From PyTorch's order to (height, width, C, output), the order of frameworks with channels last. */
export function channelsLast(data: Float32Array, [out, channels, height, width]: Taps): Float32Array {
  const moved = new Float32Array(data.length);
  const plane = height * width;
  for (let o = 0; o < out; o++) {
    for (let c = 0; c < channels; c++) {
      for (let at = 0; at < plane; at++) {
        moved[(at * channels + c) * out + o] = data[(o * channels + c) * plane + at]!;
      }
    }
  }
  return moved;
}

/** Back from `channelsLast`. */
export function channelsFirst(data: Float32Array, [out, channels, height, width]: Taps): Float32Array {
  const moved = new Float32Array(data.length);
  const plane = height * width;
  for (let o = 0; o < out; o++) {
    for (let c = 0; c < channels; c++) {
      for (let at = 0; at < plane; at++) {
        moved[(o * channels + c) * plane + at] = data[(at * channels + c) * out + o]!;
      }
    }
  }
  return moved;
}
