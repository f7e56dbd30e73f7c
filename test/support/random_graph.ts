import type { Value } from '../../src/core/op';
import { hashName, philox } from '../../src/core/random';
import { sameShape } from '../../src/core/shape';
import { differentiate, weightedLosses } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { Guest } from './guest';

export interface RandomGraph {
  readonly graph: Graph;
  /** One scalar. */
  readonly loss: Value;
  /** All inputs of the forward part that hold numbers. */
  readonly images: readonly Value[];
  readonly labels: Value;
}

const CLASSES = 5;
const BATCH = 2;
const PLANE = [4, 5];

/**
 * A small network of the ops of GoogLeNet, differentiated: values are read several times, concatenated twice, nested and
 * flattened as chance will have it, always the same for a seed.
 * @param guest an op of `GUESTS` that takes part, too
 */
export function randomGraph(seed: number, size = 12, guest?: string): RandomGraph {
  let drawn = 0;
  const below = (count: number): number => philox([drawn++, 0, 0, 0], [seed, hashName('graph')])[0] % count;
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

  const graph = new Graph();
  const net = layers(graph);
  const images = [3, 4].map((channels) => graph.input(`images${channels}`, [BATCH, channels, ...PLANE]));
  const pool = [...images];
  // Late values are picked more often, so that the network grows deep.
  const value = (): Value => (below(2) ? pick(pool) : pick(pool.slice(-3)));
  const makers: ((name: string) => Value | undefined)[] = [
    (name) => net.conv(name, value(), { channels: pick([4, 8]), kernel: 3, padding: 1 }),
    (name) => net.conv(name, value(), { channels: pick([3, 4, 8]), kernel: 1, relu: below(2) === 0 }),
    (name) => net.maxPool(name, value(), { kernel: 3, stride: 1, padding: 1 }),
    (name) => net.avgPool(name, value(), { kernel: 3, stride: 1, padding: 1 }),
    (name) => net.relu(name, value()),
    (name) => net.dropout(name, value(), 0.3),
    (name) => {
      const x = value();
      return net.add(name, x, pick(pool.filter(({ shape }) => shape[1] === x.shape[1])));
    },
    (name) => concat(name),
    (name) => concat(name),
    (name) => {
      // Weights side by side, of layers that may be computed as one.
      const x = value();
      const channels = pick([4, 3]);
      const layer = (branch: number) =>
        net.conv(`${name}.${branch}`, x, { channels, kernel: 1, merge: name, relu: true });
      const branches = Array.from({ length: 2 + below(2) }, (_, branch) => layer(branch));
      pool.push(...branches.slice(1));
      return branches[0];
    },
  ];
  const concat = (name: string): Value | undefined => {
    const parts = Array.from({ length: 1 + below(4) }, value);
    const channels = parts.reduce((sum, { shape: [, own = 0] }) => sum + own, 0);
    return channels > 40 ? undefined : net.concat(name, parts);
  };
  /** Nothing but the head reads them. */
  const others: Value[] = [];
  const visitor = new Guest(guest, seed);
  for (let index = 0; index < size; index++) {
    const made = pick(makers)(`layer${index}`);
    if (made) pool.push(made);
    const visited = visitor.visit(graph, pool);
    // Layers join what they find, so all values of the pool have planes of one size.
    if (visited) (sameShape(visited.shape.slice(2), PLANE) ? pool : others).push(visited);
  }

  // What nobody reads yet joins at the end, so that every gradient is used, in part by way of flatten.
  const read = new Set(graph.nodes.flatMap(({ inputs }) => Object.values(inputs)));
  const ends = [...pool, ...others].filter((end) => !read.has(end));
  const scores = ends.map((end, index) =>
    net.linear(`head${index}`, net.flatten(`flat${index}`, end), { features: CLASSES }),
  );
  const [first = images[0] as Value, ...rest] = scores;
  const total = rest.reduce((sum, score, index) => net.add(`sum${index}`, sum, score), first);
  const labels = graph.input('labels', [BATCH], 'u32');
  const loss = net.crossEntropy('loss', total, labels);
  differentiate(graph, weightedLosses(graph, [{ value: loss, weight: 0.7 }]), images);
  return { graph, loss, images, labels };
}
