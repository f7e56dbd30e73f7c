// Memory orders are compared when a graph is built: what lies otherwise than an op reads it is refused, by the layer's name.
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/core/errors';
import type { Value } from '../../src/core/op';
import { sizeOf, slidingWindow } from '../../src/core/shape';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { add } from '../../src/ops/add';
import { bias } from '../../src/ops/bias';
import { conv2d, CONVOLUTION_WEIGHTS } from '../../src/ops/conv2d';
import { linear, LINEAR_WEIGHTS } from '../../src/ops/linear';
import { weight } from '../support/weights';

const window = slidingWindow('conv', 3, 1, 1);
const SHAPE = [4, 3, 3, 3];

function start() {
  const graph = new Graph();
  return { graph, net: layers(graph), x: graph.input('x', [2, 3, 8, 8]) };
}

describe('a convolution refuses weights that are', () => {
  it.each<[string, (given: ReturnType<typeof start>) => Value]>([
    ['an input', ({ graph }) => graph.input('w', SHAPE)],
    ['a constant', ({ graph }) => graph.constant('w', SHAPE, new Float32Array(sizeOf(SHAPE)))],
    ['computed', ({ graph, net }) => net.relu('w', graph.input('v', SHAPE))],
    ['a variable of another order', ({ graph }) => graph.variable({ name: 'w', shape: SHAPE })],
  ])('%s', (_what, make) => {
    const given = start();
    const w = make(given);
    const apply = () => given.graph.apply(conv2d, { x: given.x, w }, { window }, 'conv1');
    expect(apply).toThrow(ValueError);
    expect(apply).toThrow(
      'conv1: w must lie in memory as weights of a convolution; got w, which lies as rows of channels; ' +
        'take a graph.variable of that order',
    );
    expect(given.graph.nodes.filter(({ op }) => op.name === 'conv2d')).toEqual([]);
  });
});

describe('weights are refused', () => {
  it('added to an activation', () => {
    const { graph } = start();
    const x = graph.input('a', SHAPE);
    const w = weight(graph, { name: 'w', shape: SHAPE });
    expect(() => graph.apply(add, { x0: x, x1: w }, {}, 'sum')).toThrow(
      'sum: x1 must lie in memory as rows of channels; got w, which lies as weights of a convolution',
    );
  });

  it('as an input of another kind of layer', () => {
    const { graph, x } = start();
    const b = graph.input('b', [3]);
    expect(() => graph.apply(bias, { x, b }, {}, 'bias1')).toThrow(
      'bias1: b must lie in memory as a number for',
    );
    const features = graph.input('features', [2, 5]);
    const w = weight(graph, { name: 'w', shape: [5] });
    expect(() => graph.apply(linear, { x: features, w }, {}, 'fc')).toThrow(
      'fc: w must lie in memory as weights of a linear layer; got w, which lies as a number for each channel',
    );
  });

  it('of a linear layer whose plane is not that of x', () => {
    const { graph, net, x } = start();
    const flat = net.flatten('flat', x);
    const plain = graph.variable({ name: 'plain', shape: [4, 192], order: LINEAR_WEIGHTS });
    const other = graph.variable({
      name: 'other',
      shape: [4, 192],
      order: LINEAR_WEIGHTS,
      plane: [3, 16, 4],
    });
    const same = graph.variable({ name: 'same', shape: [4, 192], order: LINEAR_WEIGHTS, plane: [3, 8, 8] });
    for (const [w, planes] of [
      [plain, '[3, 8, 8] and none'],
      [other, '[3, 8, 8] and [3, 16, 4]'],
    ] as const) {
      const apply = () => graph.apply(linear, { x: flat, w }, {}, 'fc');
      expect(apply).toThrow(ShapeError);
      expect(apply).toThrow(
        `fc: x and w must be flattened planes of the same shape, or neither; got planes ${planes}`,
      );
    }
    expect(graph.apply(linear, { x: flat, w: same }, {}, 'fc').y.shape).toEqual([2, 4]);
  });

  it('where a variable makes no sense', () => {
    const { graph } = start();
    const declare = (options: object) => () => graph.variable({ name: 'v', shape: [3], ...options });
    expect(declare({ shape: [3, 4], order: { ...LINEAR_WEIGHTS, shape: '(C)' } })).toThrow(
      'must be (C); got [3, 4]',
    );
    expect(declare({ order: { ...LINEAR_WEIGHTS, rows: 3 } })).toThrow(
      'v: order.rows must be a function; got 3',
    );
    expect(declare({ trainable: 'no' })).toThrow('v: trainable must be one of true, false; got "no"');
    expect(declare({ initial: NaN })).toThrow('v: initial must be a finite float32 number; got NaN');
    expect(declare({ initial: { draw: 'weight' } })).toThrow('v: initial lacks fanIn');
    expect(declare({ decayScale: -1 })).toThrow(
      'v: decayScale must be a finite float32 number from 0; got -1',
    );
    expect(declare({ freeze: true })).toThrow('v: has no such option; got freeze');
  });

  it('where a plane is not that of their features', () => {
    const { graph } = start();
    const declare = (options: object) => () => graph.variable({ name: 'v', shape: [3, 8], ...options });
    const problem = 'v: plane must be (C, H, W), whole sizes whose product is the F of a shape (N, F)';
    expect(declare({ order: LINEAR_WEIGHTS, plane: [2, 3, 3] })).toThrow(ShapeError);
    expect(declare({ order: LINEAR_WEIGHTS, plane: [2, 3, 3] })).toThrow(
      `${problem}; got [2,3,3] for the shape [3, 8]`,
    );
    for (const plane of ['abc', [8, 1], [16, 0.5, 1], [-2, -2, 2], null])
      expect(declare({ plane })).toThrow(problem);
    const weights = { shape: [4, 3, 3, 3], order: CONVOLUTION_WEIGHTS, plane: [3, 3, 3] };
    expect(declare(weights)).toThrow(`${problem}; got [3,3,3] for the shape [4, 3, 3, 3]`);
    expect(() => graph.input('v', [4, 192], 'f32', [3, 8, 9])).toThrow(problem);
    expect(graph.input('planes', [4, 192], 'f32', [3, 8, 8]).plane).toEqual([3, 8, 8]);
    expect(declare({ order: LINEAR_WEIGHTS, plane: [2, 2, 2] })().plane).toEqual([2, 2, 2]);
  });

  it('where they are to lie beside others with other rows', () => {
    const { graph, net, x } = start();
    net.conv('a', x, { channels: 4, kernel: 1, merge: 'm' });
    expect(() => net.conv('b', x, { channels: 4, kernel: 3, merge: 'm' })).toThrow(
      new ShapeError(
        'b.weight',
        'must have as many rows as a.weight, to lie beside it: 4',
        '36 rows',
        'give it another merge, or none',
      ),
    );
    expect(graph.variables.has('b.weight')).toBe(false);
    expect(net.conv('c', x, { channels: 2, kernel: 1, merge: 'm' }).shape).toEqual([2, 2, 8, 8]);
  });
});
