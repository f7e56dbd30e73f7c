// What needs no device: names, orders and attributes that there are not.
import { describe, expect, it } from 'vitest';
import { requireKernels } from '../../src/doctor/exclude';
import * as engine from '../../src/index';
import { smallNetwork } from '../support/small_trainer';

const { CONVOLUTION_WEIGHTS, Graph, TARGETS, conv2d, layers, maxPool, pixels, relu, sgd } = engine;

const apply =
  (op: engine.Op, attrs: object, shape = [2, 3, 8, 8]) =>
  () => {
    const graph = new Graph();
    const x = graph.input('x', shape, op === (pixels as engine.Op) ? 'u32' : 'f32');
    const w = { w: graph.variable({ name: 'w', shape: [4, 3, 3, 3], order: CONVOLUTION_WEIGHTS }) };
    return graph.apply(op, { x, ...(op === (conv2d as engine.Op) && w) }, attrs as never, 'layer');
  };
const window = engine.slidingWindow('w', 3, 1, 1);
const copied = () => {
  const graph = new Graph();
  const order = { ...CONVOLUTION_WEIGHTS };
  const w = graph.variable({ name: 'w', shape: [4, 3, 3, 3], order });
  return graph.apply(conv2d, { x: graph.input('x', [2, 3, 8, 8]), w }, { window }, 'layer');
};
const flattened = () => {
  const graph = new Graph();
  const [a] = ['a', 'b'].map((name) => graph.variable({ name, shape: [2, 3, 2, 2], merge: 'm' }));
  layers(graph).relu('y', layers(graph).flatten('flat', a!));
  return engine.estimate(graph, { target: TARGETS.gpu });
};
const network = () => {
  const { graph, images, scores } = smallNetwork(2);
  return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
};
const estimated = (more: object, optimizer: object = sgd()) =>
  engine.estimateTraining(network(), { target: TARGETS.gpu, optimizer, ...more } as never);

describe('what there is not', () => {
  it.each<readonly [string, () => unknown, string | RegExp]>([
    [
      'dilation',
      apply(conv2d, { window, dilation: 2 }),
      'layer: has no such option; got dilation; did you mean window',
    ],
    [
      'groups',
      apply(conv2d, { window, groups: 3 }),
      'layer: has no such option; got groups; did you mean window',
    ],
    ['ceil_mode', apply(maxPool, { window, ceil_mode: true }), 'layer: has no such option; got ceil_mode'],
    [
      'std',
      apply(pixels, { std: [1, 1, 1] }, [2, 1, 8, 8]),
      'layer: has no such option; got std; did you mean',
    ],
    ['inplace', apply(relu, { inplace: true }), 'layer: has no such option; got inplace; there is none'],
    ['a copied order', copied, /layer: w must lie in memory as .*; give the order itself, not a copy of it/],
    [
      'rows without gaps',
      flattened,
      'flat: flattens a variable whose rows lie beside those of others; got a',
    ],
    [
      'a name that files have',
      () => new Graph().variable({ name: '__metadata__', shape: [1] }),
      'graph.variable: no file can keep this name; got __metadata__',
    ],
    [
      'a kernel',
      () => engine.byName('quat'),
      'byName: there is no such kernel; got quat; did you mean quad? There are',
    ],
    [
      'a kernel of a family',
      () => engine.byName('quad 16x33'),
      'byName: there is no such kernel; got quad 16x33; did you mean quad 16x32? There are quad',
    ],
    [
      'a kernel to exclude',
      () => requireKernels('--exclude', ['forward quad 16x33']),
      '--exclude: there is no such kernel; got "forward quad 16x33"; did you mean forward quad 16x32?',
    ],
    [
      'an option of a layer',
      () => {
        const graph = new Graph();
        layers(graph).conv('c', graph.input('x', [1, 1, 4, 4]), {
          channels: 1,
          kernel: 1,
          bias: false,
        } as never);
      },
      'c: has no such option; got bias; did you mean',
    ],
    [
      'a value to keep',
      () => estimated({ keep: [smallNetwork(2).scores] }),
      'keep: each must be a value of this graph',
    ],
    [
      'an option of a training',
      () => estimated({ epochs: 3 }),
      'estimateTraining: has no such option; got epochs',
    ],
    [
      'half a micro-batch',
      () => estimated({ microBatches: 1.5 }),
      'estimateTraining: microBatches must be a whole number',
    ],
    [
      'two heads of one name',
      () => {
        const { heads, ...rest } = network();
        engine.estimateTraining(
          { ...rest, heads: [...heads, ...heads] },
          { target: TARGETS.gpu, optimizer: sgd() },
        );
      },
      'each head must have a name of its own; got "main"',
    ],
    [
      'a rule',
      () => engine.defineOptimizer({ name: 'mine', rate: 1, schema: {}, rule: '' } as never),
      'defineOptimizer: its options lacks slots',
    ],
    [
      'a param',
      () =>
        engine.defineOptimizer({
          name: 'mine',
          rate: 1,
          schema: {},
          rule: sgd().rule,
          slots: () => [],
          params: () => ({ a: NaN }),
        })(),
      'a of mine must be a finite float32 number; got NaN',
    ],
  ])('%s', (_what, call, message) => expect(call).toThrow(message));
});
