// What shares memory, so that concatenation and its gradient copy nothing, and where a copy must stay.
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/core/op';
import { differentiate } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { slice } from '../../src/ops/concat';
import { launchesOf, planGraph, simulate } from '../support/simulate';

type Net = ReturnType<typeof layers>;

/** Builds a graph on x (2, 4, 3, 3); gives what it made by name, its plan, and the number of copies. */
function planned<T extends Record<string, Value>>(build: (net: Net, x: Value) => T) {
  const graph = new Graph();
  const made = build(layers(graph), graph.input('x', [2, 4, 3, 3]));
  const keep = new Set(Object.values(made));
  const plan = planGraph(graph, { keep });
  expect(simulate(graph, plan, keep)).toEqual([]);
  return { graph, ...made, ...plan, copies: launchesOf(plan, 'concat.wgsl').length };
}

const point = (channels: number) => ({ channels, kernel: 1, relu: false }) as const;

describe('concat', () => {
  it('lets branches write their channels of the whole', () => {
    const { a, b, c, y, view, root, copies } = planned((net, x) => {
      const a = net.conv('a', x, point(4));
      const b = net.conv('b', x, point(8));
      const c = net.maxPool('c', x, { kernel: 3, stride: 1, padding: 1 });
      return { a, b, c, y: net.concat('y', [a, b, c]) };
    });
    expect(copies).toBe(0);
    expect([a, b, c].map((value) => view(value))).toMatchObject([
      { offset: 0, stride: 16 },
      { offset: 4, stride: 16 },
      { offset: 12, stride: 16 },
    ]);
    expect([a, b, c].map(root)).toEqual([y, y, y]);
  });

  it('nests', () => {
    const { b, copies, view } = planned((net, x) => {
      const a = net.conv('a', x, point(4));
      const b = net.conv('b', x, point(8));
      const inner = net.concat('inner', [a, b]);
      return { b, y: net.concat('y', [net.relu('c', x), inner]) };
    });
    expect(copies).toBe(0);
    expect(view(b)).toMatchObject({ offset: 8, stride: 16 });
  });

  it('copies a value that is joined twice', () => {
    const { copies } = planned((net, x) => {
      const a = net.conv('a', x, point(4));
      return { y: net.concat('y', [a, net.conv('b', x, point(4)), a]) };
    });
    expect(copies).toBe(2);
  });

  it.each([
    ['first', (y: Value, a: Value) => [y, a]],
    ['last', (y: Value, a: Value) => [a, y]],
  ])('copies a branch that is joined again to what it lies in, that %s', (_where, order) => {
    const { copies, a, inner, y, root } = planned((net, x) => {
      const a = net.conv('a', x, point(4));
      const inner = net.concat('inner', [a, net.conv('b', x, point(8))]);
      return { a, inner, y: net.concat('y', order(inner, a)) };
    });
    expect(root(a)).toBe(inner);
    expect(copies).toBe(root(inner) === y ? 1 : 2);
  });

  it('copies for the second of two concatenations', () => {
    const { copies, a, y, root } = planned((net, x) => {
      const [a, b] = [net.conv('a', x, point(4)), net.conv('b', x, point(4))];
      return { a, y: net.concat('y', [a, b]), z: net.concat('z', [b, a]) };
    });
    expect(copies).toBe(2);
    expect(root(a)).toBe(y);
  });

  it('copies a branch that is made from another branch: no dispatch reads and writes one buffer', () => {
    const { copies, a, b, y, root } = planned((net, x) => {
      const a = net.conv('a', x, point(4));
      const b = net.conv('b', a, point(4));
      return { a, b, y: net.concat('y', [a, b]) };
    });
    expect(copies).toBe(1);
    expect([root(a), root(b)]).toEqual([y, b]);
  });

  it('copies a branch made from another one through an inner concatenation', () => {
    const { copies } = planned((net, x) => {
      const a = net.conv('a', x, point(4));
      const inner = net.concat('inner', [a, net.relu('r', x)]);
      return { y: net.concat('y', [net.conv('b', a, point(4)), inner]) };
    });
    expect(copies).toBe(1);
  });

  it('copies an input', () => {
    const { copies } = planned((net, x) => ({ y: net.concat('y', [net.relu('a', x), x]) }));
    expect(copies).toBe(1);
  });

  it('copies a branch that is also flattened: its rows must have no gaps', () => {
    const { copies, flat, a, view, root } = planned((net, x) => {
      const a = net.conv('a', x, point(4));
      return { a, flat: net.flatten('flat', a), y: net.concat('y', [a, net.conv('b', x, point(4))]) };
    });
    expect(copies).toBe(1);
    expect(root(flat)).toBe(a);
    expect(view(flat)).toMatchObject({ offset: 0, stride: 36 });
  });

  it('flattens the whole without a copy', () => {
    const { copies, y, flat, root } = planned((net, x) => {
      const y = net.concat('y', [net.conv('a', x, point(4)), net.conv('b', x, point(4))]);
      return { y, flat: net.flatten('flat', y) };
    });
    expect(copies).toBe(0);
    expect(root(flat)).toBe(y);
  });
});

describe('gradient of concat', () => {
  it('reads the slices where they lie', () => {
    const { graph, x, y } = (() => {
      const graph = new Graph();
      const net = layers(graph);
      const x = graph.input('x', [2, 4, 3, 3]);
      return { graph, x, y: net.concat('y', [net.conv('a', x, point(4)), net.conv('b', x, point(8))]) };
    })();
    differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape) }], [x]);
    const plan = planGraph(graph);
    expect(simulate(graph, plan)).toEqual([]);
    expect(launchesOf(plan, 'concat.wgsl')).toEqual([]);
    const gradient = graph.gradients.get(graph.value('b')) as Value;
    expect(plan.view(gradient)).toMatchObject({ offset: 4, stride: 12 });
  });
});

describe('images', () => {
  it('have a fourth channel of zeros beside three', () => {
    const graph = new Graph();
    const x = graph.input('x', [1, 3, 8, 8]);
    const y = layers(graph).conv('a', x, point(4));
    const { plan, view } = planGraph(graph, { keep: new Set([y]) });
    expect(view(x)).toMatchObject({ offset: 0, stride: 4, zeroPadded: true });
    expect(plan.home(x)?.home.size).toBe(8 * 8 * 4 * 4);
  });

  it('have no gap where they are flattened', () => {
    const graph = new Graph();
    const x = graph.input('x', [1, 3, 8, 8]);
    const flat = layers(graph).flatten('flat', x);
    expect(planGraph(graph).view(flat)).toMatchObject({ offset: 0, stride: 192, zeroPadded: false });
  });
});

describe('what is assigned has rows without gaps', () => {
  it.each<[string, (graph: Graph, net: Net) => Value]>([
    [
      'where it is joined to others',
      (graph, net) => {
        const y = net.relu('y', graph.input('x', [2, 3, 5, 5]));
        net.concat('joined', [y, net.relu('z', graph.input('more', [2, 4, 5, 5]))]);
        return y;
      },
    ],
    [
      'where it is cut from another',
      (graph, net) => {
        const whole = net.relu('whole', graph.input('x', [2, 8, 5, 5]));
        return graph.apply(slice, { x: whole }, { first: 4, channels: 3 }, 'y').y;
      },
    ],
    [
      'where its op could pad them',
      (graph, net) => net.pixels('y', graph.input('bytes', [2, 1, 5, 5], 'u32')),
    ],
  ])('%s', (_where, build) => {
    const planOf = (assigned: boolean) => {
      const graph = new Graph();
      const y = build(graph, layers(graph));
      if (assigned) graph.assign(graph.variable({ name: 'state', shape: y.shape, trainable: false }), y);
      const planned = planGraph(graph, { keep: new Set([y]) });
      expect(simulate(graph, planned, [y])).toEqual([]);
      return { stride: planned.view(y).stride, own: planned.root(y) === y };
    };
    expect(planOf(true)).toEqual({ stride: 3, own: true });
    expect(planOf(false)).not.toEqual({ stride: 3, own: true });
  });
});
