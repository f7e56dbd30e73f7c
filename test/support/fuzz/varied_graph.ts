import type { Value } from '../../../src/core/op';
import { sameShape, type Padding, type Pair } from '../../../src/core/shape';
import { differentiate, weightedLosses } from '../../../src/graph/differentiate';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { Guest } from '../guest';
import type { RandomGraph } from '../random_graph';
import { Chance } from './chance';

const plane = ({ shape: [, , height = 1, width = 1] }: Value): readonly [number, number] => [height, width];

/** Kernel, stride and padding that fit a plane: of both axes alike or not, with padding alike on all sides or not. */
function randomWindow(chance: Chance, [height, width]: readonly [number, number], pool: boolean) {
  const square = 1 + chance.below(Math.min(5, height, width));
  const kernel: Pair = chance.below(2)
    ? square
    : [1 + chance.below(Math.min(5, height)), 1 + chance.below(Math.min(7, width))];
  const stride: Pair = chance.pick([1, 1, 2, 3, [2, 1] as const, [1, 3] as const]);
  const [down, across] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  // A pool's window must hold a pixel, so that there is a maximum.
  const most = (size: number): number => (pool ? Math.floor(size / 2) : size);
  const one = (size: number): number => chance.below(most(size) + 1);
  const padding: Padding = chance.pick<() => Padding>([
    () => 0,
    () => one(Math.min(down, across)),
    () => [one(down), one(across)],
    () => [one(down), one(across), one(down), one(across)],
  ])();
  return { kernel, stride, padding };
}

/**
 * A small network of the ops of GoogLeNet on planes, batches and channels of any size, with kernels, strides and paddings of any kind;
 * differentiated, and always the same for a seed.
 * @param guest an op of `GUESTS` that takes part, too
 */
export function variedGraph(seed: number, guest?: string): RandomGraph {
  const chance = new Chance('varied graph', seed);
  const graph = new Graph();
  const net = layers(graph);
  const batch = 1 + chance.below(4);
  const size = (): number => 1 + chance.below(9);
  const images = Array.from({ length: 1 + chance.below(2) }, (_, index) =>
    graph.input(`images${index}`, [batch, 1 + chance.below(7), size(), size()]),
  );
  const pool = [...images];
  /** Nothing but the head reads them. */
  const large: Value[] = [];
  const value = (): Value => (chance.below(2) ? chance.pick(pool) : chance.pick(pool.slice(-3)));
  const relu = (): boolean => chance.below(2) === 0;
  const window = (x: Value, kind: 'conv' | 'pool') => randomWindow(chance, plane(x), kind === 'pool');

  const makers: ((name: string, x: Value) => Value)[] = [
    (name, x) => net.conv(name, x, { channels: 1 + chance.below(9), relu: relu(), ...window(x, 'conv') }),
    (name, x) =>
      net.conv(name, x, { channels: chance.pick([1, 4, 8, 16]), relu: relu(), ...window(x, 'conv') }),
    (name, x) => net.conv(name, x, { channels: 1 + chance.below(17), kernel: 1, relu: relu() }),
    (name, x) => net.conv(name, x, { channels: chance.pick([4, 8]), kernel: 3, padding: 1 }),
    (name, x) => net.maxPool(name, x, window(x, 'pool')),
    (name, x) => net.avgPool(name, x, window(x, 'pool')),
    (name, x) => net.relu(name, x),
    (name, x) => net.dropout(name, x, chance.pick([0.1, 0.5, 0.9])),
    (name, x) => net.add(name, x, chance.pick(pool.filter(({ shape }) => sameShape(shape, x.shape)))),
    (name, x) => {
      const alike = pool.filter((other) => String(plane(other)) === String(plane(x)));
      return net.concat(name, [x, ...Array.from({ length: chance.below(3) }, () => chance.pick(alike))]);
    },
    (name, x) => {
      const channels = 1 + chance.below(8);
      const branch = (number: number): Value =>
        net.conv(`${name}.${number}`, x, { channels, kernel: 1, merge: name, relu: true });
      const branches = Array.from({ length: 2 + chance.below(2) }, (_, number) => branch(number));
      pool.push(...branches.slice(1));
      return branches[0] as Value;
    },
  ];
  // Values that grow too large would make the float64 loops slow.
  const add = (made: Value) => ((made.shape[1] ?? 0) <= 40 ? pool : large).push(made);
  const visitor = new Guest(guest, seed);
  for (let index = 4 + chance.below(7); index > 0; index--) {
    add(chance.pick(makers)(`layer${index}`, value()));
    const visited = visitor.visit(graph, pool);
    if (visited) add(visited);
  }

  const read = new Set(graph.nodes.flatMap(({ inputs }) => Object.values(inputs)));
  const ends = [...pool, ...large].filter((end) => !read.has(end));
  const classes = 2 + chance.below(6);
  const scores = ends.map((end, index) =>
    net.linear(`head${index}`, net.flatten(`flat${index}`, end), { features: classes }),
  );
  const [first, ...rest] = scores as [Value, ...Value[]];
  const total = rest.reduce((sum, score, index) => net.add(`sum${index}`, sum, score), first);
  const labels = graph.input('labels', [batch], 'u32');
  const loss = net.crossEntropy('loss', total, labels);
  differentiate(graph, weightedLosses(graph, [{ value: loss, weight: 0.7 }]), images);
  return { graph, loss, images, labels };
}
