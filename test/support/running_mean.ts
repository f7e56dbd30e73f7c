// A statistic that the forward part computes: an op of the tests' own, and a network that reads and assigns it.
import type { Op } from '../../src/core/op';
import { channelsOf, rowsOf } from '../../src/core/rows';
import { sizeOf } from '../../src/core/shape';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { bias, PER_CHANNEL } from '../../src/ops/bias';
import shader from './shaders/running_mean.wgsl';
import { CLASSES } from './small_trainer';

/** A power of two: its products are exact, so that all adapters have the same bits. */
export const MOMENTUM = 0.25;

/** y (C) = m + momentum * (mean of x's channels - m). x (N, C, H, W), m (C). */
export const runningMean: Op<'x' | 'm', 'y', { readonly momentum: number }> = {
  name: 'running_mean',
  orders: { m: PER_CHANNEL, y: PER_CHANNEL },
  infer: (_where, { m }) => ({ y: { shape: m.shape, dtype: 'f32' } }),
  lower({ inputs: { x, m }, outputs: { y }, attrs: { momentum } }, views) {
    const [rows, channels] = [rowsOf(x), channelsOf(x)];
    return {
      launches: [
        {
          shader,
          entry: 'forward',
          bind: { x, m, y },
          params: {
            rows,
            channels,
            x_stride: views.x.stride,
            x_offset: views.x.offset,
            m_offset: views.m.offset,
            y_offset: views.y.offset,
            momentum,
            share: 1 / rows,
          },
          workgroups: [1, 1, 1],
        },
      ],
    };
  },
};

/** Images of 4 x 8 pixels: with a power of two of them a mean is exact but for its sum. */
export const IMAGE = [3, 4, 8] as const;

/** Images less their running mean, which begins at 1, through two convolutions and a linear layer. */
export function centredNetwork(batch: number) {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [batch, ...IMAGE]);
  const mean = graph.variable({
    name: 'mean',
    shape: [3],
    order: PER_CHANNEL,
    initial: 1,
    trainable: false,
  });
  const { y: next } = graph.apply(runningMean, { x: images, m: mean }, { momentum: MOMENTUM }, 'next_mean');
  graph.assign(mean, next);
  const { y: moved } = graph.apply(bias, { x: images, b: mean }, {}, 'moved');
  const first = net.conv('conv1', moved, { channels: 8, kernel: 3, padding: 1 });
  const second = net.conv('conv2', net.conv('wide', first, { channels: 16, kernel: 1 }), {
    channels: 8,
    kernel: 1,
  });
  const flat = net.flatten('flat', net.maxPool('pool', second, { kernel: 2 }));
  const scores = net.linear('fc', flat, { features: CLASSES });
  return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
}

/** The mean after one more micro-batch, by loops in float32. */
export function nextMean(mean: ArrayLike<number>, images: Float32Array): Float32Array {
  const [channels, height, width] = IMAGE;
  const pixels = height * width;
  const count = images.length / sizeOf(IMAGE);
  const next = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let image = 0; image < count; image++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        sum = Math.fround(sum + images[(image * channels + channel) * pixels + pixel]!);
      }
    }
    const old = mean[channel]!;
    const share = Math.fround(sum / (count * pixels));
    next[channel] = Math.fround(old + MOMENTUM * Math.fround(share - old));
  }
  return next;
}
