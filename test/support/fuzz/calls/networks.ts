import type { Value } from '../../../../src/core/op';
import { hashName, philox } from '../../../../src/core/random';
import { sizeOf } from '../../../../src/core/shape';
import { Graph } from '../../../../src/graph/graph';
import { layers } from '../../../../src/models/layers';
import type { Head } from '../../../../src/train/loss';

/** A small network that the calls are made on. */
export interface Net {
  readonly name: string;
  /** Networks of one kind have the same variables. */
  readonly kind: Kind;
  readonly batch: number;
  readonly graph: Graph;
  readonly images: Value;
  readonly heads: readonly [Head, ...Head[]];
  /** Numbers of a second kind that each image has, or 0. */
  readonly meta: number;
  /** A value in the middle. */
  readonly inner: Value;
}

const PLANE = [4, 4] as const;

const head = (name: string, scores: Value, weight = 1): Head => ({ name, scores, weight });

/** By name: what is made of images. `thin` and `wide` have the same names in other shapes, the others names of their own. */
const KINDS = {
  thin: (graph: Graph, batch: number) => plain(graph, batch, 4, 3),
  wide: (graph: Graph, batch: number) => plain(graph, batch, 8, 5),
  heads(graph: Graph, batch: number) {
    const net = layers(graph);
    const images = graph.input('images', [batch, 3, ...PLANE]);
    const inner = net.conv('stem', images, { channels: 4, kernel: 1 });
    const flat = net.flatten('flat', inner);
    const meta = graph.input('meta', [batch, sizeOf(flat.shape.slice(1))], 'f32', flat.plane);
    const both = net.dropout('drop', net.add('both', flat, meta), 0.5);
    const fine = net.linear('fine', both, { features: 5 });
    const coarse = net.linear('coarse', both, { features: 3 });
    return { images, inner, heads: [head('fine', fine), head('coarse', coarse, 0.5)] as const };
  },
  packed(graph: Graph, batch: number) {
    const net = layers(graph);
    const images = graph.input('images', [batch, 1, ...PLANE], 'u32');
    const inner = net.conv('bytes', net.pixels('unpacked', images), { channels: 4, kernel: 1 });
    const scores = net.linear('classes', net.flatten('flat', inner), { features: 4 });
    return { images, inner, heads: [head('main', scores)] as const };
  },
};

export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

function plain(graph: Graph, batch: number, channels: number, features: number) {
  const net = layers(graph);
  const images = graph.input('images', [batch, 3, ...PLANE]);
  const inner = net.conv('conv', images, { channels, kernel: 3, padding: 1 });
  const flat = net.flatten('flat', net.maxPool('pool', inner, { kernel: 2 }));
  const scores = net.linear('fc', net.dropout('drop', flat, 0.25), { features });
  return { images, inner, heads: [head('main', scores)] as const };
}

export function network(name: string, kind: Kind, batch: number): Net {
  const graph = new Graph();
  const made = KINDS[kind](graph, batch);
  const meta = graph.inputs.get('meta')?.shape[1] ?? 0;
  return { name, kind, batch, graph, meta, ...made };
}

/** Of the head with the fewest. */
export const classesOf = ({ heads }: Pick<Net, 'heads'>): number =>
  Math.min(...heads.map(({ scores }) => scores.shape[1] as number));

/** Images, labels and further inputs that are right, always the same for a seed. */
export function rightBatch(net: Net, count: number, seed: number) {
  const draw = (what: string, index: number) => philox([index, 0, 0, 0], [seed, hashName(what)])[0];
  const size = sizeOf(net.images.shape.slice(1));
  const noise = (what: string, length: number) =>
    Float32Array.from({ length }, (_, index) => draw(what, index) / 2 ** 31 - 1);
  const images =
    net.images.dtype === 'u32'
      ? Uint8Array.from({ length: count * size * 4 }, (_, index) => draw('bytes', index) % 256)
      : noise('images', count * size);
  const labels = Array.from({ length: count }, (_, index) => draw('labels', index) % classesOf(net));
  const inputs: Record<string, Float32Array> = net.meta > 0 ? { meta: noise('meta', count * net.meta) } : {};
  return { images, labels, inputs };
}
