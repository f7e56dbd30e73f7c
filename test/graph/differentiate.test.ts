import { describe, expect, it } from 'vitest';
import { EngineError, ShapeError } from '../../src/core/errors';
import type { Op, TensorSpec, Value } from '../../src/core/op';
import { slidingWindow } from '../../src/core/shape';
import { differentiate, weightedLosses } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { slice } from '../../src/ops/concat';
import { conv2d } from '../../src/ops/conv2d';
import { LINEAR_WEIGHTS } from '../../src/ops/linear';
import { randomGraph } from '../support/random_graph';
import { weight } from '../support/weights';

function start() {
  const graph = new Graph();
  return { graph, net: layers(graph), x: graph.input('x', [2, 4, 5, 5]) };
}

/** Names of the ops that differentiation appended. */
function gradientOps({ graph, y, targets = [] }: { graph: Graph; y: Value; targets?: Value[] }): string[] {
  const forward = graph.nodes.length;
  differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape) }], targets);
  return graph.nodes.slice(forward).map(({ op }) => op.name);
}

describe('differentiate', () => {
  it('walks back from the last node', () => {
    const { graph, net, x } = start();
    const y = net.avgPool('p', net.conv('a', x, { channels: 8, kernel: 3 }), { kernel: 3 });
    expect(gradientOps({ graph, y })).toEqual([
      'avg_pool_grad',
      'relu_grad',
      'bias_grad',
      'conv2d_grad_weight',
    ]);
    expect(graph.forwardNodes).toBe(4);
  });

  it('gives an input’s gradient only where it is asked for', () => {
    const { graph, net, x } = start();
    const y = net.conv('a', x, { channels: 8, kernel: 3 });
    expect(gradientOps({ graph, y, targets: [x] })).toContain('conv2d_grad_input');
    expect(graph.gradients.get(x)?.shape).toEqual(x.shape);
  });

  it.each([2, 3, 5])('adds the gradients of a value that %i nodes read', (readers) => {
    const { graph, net, x } = start();
    const a = net.relu('a', x);
    const y = net.concat(
      'y',
      Array.from({ length: readers }, (_, index) => net.relu(`b${index}`, a)),
    );
    const sums = gradientOps({ graph, y, targets: [x] }).filter((name) => name === 'add');
    expect(sums).toHaveLength(readers - 1);
  });

  it('counts a value that one node reads twice', () => {
    const { graph, net, x } = start();
    const y = net.add('y', x, x);
    expect(gradientOps({ graph, y, targets: [x] })).toEqual(['add']);
  });

  it('gives every value on the way a gradient of its shape', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { graph, images } = randomGraph(seed);
      for (const [value, gradient] of graph.gradients) {
        expect(gradient, value.label).toMatchObject({ shape: value.shape, dtype: value.dtype });
        expect(gradient.plane, value.label).toEqual(value.plane);
      }
      for (const { value } of graph.variables.values()) expect(graph.gradients.has(value)).toBe(true);
      expect(images.some((image) => graph.gradients.has(image))).toBe(true);
    }
  });

  it('weighs losses by constants', () => {
    const { graph, net, x } = start();
    const scores = net.linear('fc', net.flatten('flat', x), { features: 3 });
    const loss = net.crossEntropy('loss', scores, graph.input('labels', [2], 'u32'));
    const [seed] = weightedLosses(graph, [{ value: loss, weight: 0.25 }]);
    expect(seed?.value).toBe(loss);
    expect([...(graph.constants.get(seed?.gradient as Value) ?? [])]).toEqual([0.25]);
  });

  it('refuses weights that two layers read, and names both', () => {
    const { graph, x } = start();
    const w = weight(graph, { name: 'shared.weight', shape: [4, 4, 1, 1] });
    const attrs = { window: slidingWindow('a', 1, 1, 0) };
    const a = graph.apply(conv2d, { x, w }, attrs, 'a').y;
    const y = graph.apply(conv2d, { x: a, w }, attrs, 'b').y;
    expect(() => gradientOps({ graph, y })).toThrow(
      new EngineError(
        'shared.weight',
        'has several gradients, which are added up only where they lie as rows of channels',
        'weights of a convolution, read by a (w), b (w)',
        'give each layer a variable of its own, or freeze this one',
      ),
    );
  });

  it('adds the gradients of rows that several layers read', () => {
    const { graph, net, x } = start();
    const v = graph.variable({ name: 'v', shape: [2, 4, 5, 5] });
    const y = net.add('y', net.add('t', net.relu('r', v), x), v);
    expect(gradientOps({ graph, y })).toEqual(['relu_grad', 'add']);
  });

  it('refuses a graph that has its gradients', () => {
    const { graph, net, x } = start();
    const y = net.conv('a', x, { channels: 8, kernel: 3 });
    gradientOps({ graph, y });
    expect(() => differentiate(graph.copy(), [{ value: y, gradient: graph.value('dy') }])).toThrow(
      'differentiate: the graph has its gradients already; give it the graph as it was before, or a copy of that',
    );
  });

  it.each<[string, TensorSpec, string]>([
    ['shape', { shape: [2, 4], dtype: 'f32' }, 'must have the shape [2, 8]; got [2, 4] from half at h (x)'],
    [
      'order',
      { shape: [2, 8], dtype: 'f32', order: LINEAR_WEIGHTS },
      'must lie in memory as rows of channels; got weights of a linear layer from half at h (x)',
    ],
  ])('refuses a gradient of another %s, and names the op, the layer and the input', (_what, dx, problem) => {
    const { graph } = start();
    const op = (name: string, y: TensorSpec, backward?: Op['backward']): Op => ({
      name,
      ...(y.order && { orders: { y: y.order } }),
      infer: () => ({ y }),
      lower: () => ({ launches: [] }),
      ...(backward && { backward }),
    });
    const gradient = op('half_grad', dx);
    const half = op('half', { shape: [2, 4], dtype: 'f32' }, (builder, { label }, { y: dy }) => ({
      x: builder.apply(gradient, { dy: dy as Value }, {} as never, label).y,
    }));
    const v = graph.variable({ name: 'v', shape: [2, 8] });
    const y = graph.apply(half, { x: v }, {} as never, 'h').y as Value;
    expect(() => gradientOps({ graph, y })).toThrow(`v: a gradient ${problem}`);
  });

  it('refuses a gradient of another shape', () => {
    const { graph, net, x } = start();
    const y = net.relu('y', x);
    expect(() =>
      differentiate(graph, [{ value: y, gradient: graph.input('dy', [2, 4, 5, 6]) }], [x]),
    ).toThrow(new ShapeError('y', 'a gradient must have the shape [2, 4, 5, 5]', '[2, 4, 5, 6] from a seed'));
  });

  it('refuses an op that has no gradient', () => {
    const { graph, x } = start();
    const { y } = graph.apply(slice, { x }, { first: 1, channels: 2 }, 'cut');
    expect(() => gradientOps({ graph, y, targets: [x] })).toThrow(
      new EngineError('cut', 'slice has no gradient'),
    );
  });
});
