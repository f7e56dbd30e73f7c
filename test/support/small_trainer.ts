import type { Value } from '../../src/core/op';
import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import type { Engine } from '../../src/gpu/engine';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { Trainer } from '../../src/train/trainer';
import type { TrainerOptions } from '../../src/train/trainer_options';
import { sgd } from '../../src/optim/sgd';

export const CLASSES = 3;
/** Of one image. */
export const IMAGE = [3, 6, 6] as const;

export interface SmallNetwork {
  readonly graph: Graph;
  readonly images: Value;
  readonly scores: Value;
}

/** Two convolutions, a pool and a linear layer, for images of 6x6 in three classes. */
export function smallNetwork(batch: number, dropout = 0): SmallNetwork {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [batch, ...IMAGE]);
  const first = net.conv('conv1', images, { channels: 8, kernel: 3, padding: 1 });
  const pooled = net.maxPool('pool1', first, { kernel: 2 });
  const flat = net.flatten('flat', net.conv('conv2', pooled, { channels: 8, kernel: 1 }));
  const thinned = dropout > 0 ? net.dropout('drop', flat, dropout) : flat;
  return { graph, images, scores: net.linear('fc', thinned, { features: CLASSES }) };
}

export function smallTrainer(
  engine: Engine,
  batch: number,
  options: Partial<TrainerOptions> & { readonly dropout?: number } = {},
): Promise<Trainer> {
  const { dropout, ...rest } = options;
  const { graph, images, scores } = smallNetwork(batch, dropout);
  return Trainer.create(engine, {
    graph,
    images,
    heads: [{ name: 'main', scores, weight: 1 }],
    optimizer: sgd({ momentum: 0.9 }),
    rate: 0.05,
    seed: 4,
    ...rest,
  });
}

/** Noise, brighter in the channel that is the image's class; image i is of class i % 3. */
export function smallImages(count: number, seed = 1) {
  const labels = Uint32Array.from({ length: count }, (_, index) => index % CLASSES);
  const size = sizeOf(IMAGE);
  const plane = size / CLASSES;
  const images = uniform(count * size, 1, seed, 'pictures');
  labels.forEach((label, image) => {
    for (let pixel = 0; pixel < plane; pixel++) {
      const at = image * size + label * plane + pixel;
      images[at] = (images[at] ?? 0) + 0.5;
    }
  });
  return { images, labels };
}
