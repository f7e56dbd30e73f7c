// Ten steps of a small network, in every consumer the same.
import { adam, Graph, layers, Trainer, type Engine, type NoAttrs, type Op } from 'inception-webgpu';

export interface Trained {
  readonly steps: number;
  readonly first: number;
  readonly last: number;
  readonly adapter: string;
}

const BATCH = 8;
const IMAGE = 3 * 16 * 16;

/** @param own an op that stands between the layers */
export async function train(engine: Engine, own?: Op<'x', 'y', NoAttrs>): Promise<Trained> {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [BATCH, 3, 16, 16]);
  const conv = net.conv('conv', images, { channels: 8, kernel: 3, padding: 1 });
  const x = net.maxPool('pool', own ? graph.apply(own, { x: conv }, {}, 'own').y : conv, { kernel: 2 });
  const scores = net.linear('linear', net.flatten('flatten', x), { features: 4 });
  const heads = [{ name: 'main', scores, weight: 1 }];
  const trainer = await Trainer.create(engine, { graph, images, heads, optimizer: adam(), rate: 0.01 });
  // A wave of another length for each class.
  const pixels = Float32Array.from({ length: BATCH * IMAGE }, (_, index) =>
    Math.sin(index * 0.37 * (1 + (Math.floor(index / IMAGE) % 4))),
  );
  const labels = Uint32Array.from({ length: BATCH }, (_, index) => index % 4);
  const losses: number[] = [];
  const batches = Array.from({ length: 10 }, () => ({ images: pixels, labels }));
  await trainer.fit(batches, { steps: 10, onStep: ({ total }) => void losses.push(total) });
  trainer.destroy();
  const [first = NaN] = losses;
  return { steps: losses.length, first, last: losses.at(-1) ?? NaN, adapter: engine.adapterName };
}
