// Ops whose functions give what makes no sense are refused by name, before anything runs.
import { expect, it } from 'vitest';
import type { Launch, Lowered, NoAttrs, Op, Value } from '../../src/core/op';
import { TARGETS } from '../../src/core/targets';
import { differentiate } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import { planGraph } from '../support/simulate';
import { defineOp } from '../../src/lowering/define_op';
import { maxPool } from '../../src/ops/max_pool';
import { relu } from '../../src/ops/relu';

type Unary = Op<'x', 'y', NoAttrs>;
type Faults = Partial<Record<'infer' | 'lower' | 'backward', (...given: never[]) => unknown>>;

/** ReLU with a fault. */
const faulty = (faults: Faults): Unary => defineOp({ ...relu, name: 'own', ...faults } as Unary);

const right = relu.lower.bind(relu);
/** With one launch changed. */
const launching = (change: (launch: Launch, node: Parameters<Unary['lower']>[0]) => object): Unary =>
  faulty({
    lower: (...given: Parameters<Unary['lower']>): Lowered => {
      const { launches } = right(...given);
      return { launches: launches.map((launch) => ({ ...launch, ...change(launch, given[0]) })) };
    },
  });

function build(op: Unary): void {
  const graph = new Graph();
  const x = graph.input('x', [2, 3, 4, 5]);
  const { y } = graph.apply(op, { x }, {}, 'layer');
  differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape) }], [x]);
  planGraph(graph, { target: TARGETS.gpu, keep: [y, graph.gradients.get(x) as Value] });
}

const infers = (y: unknown): Unary => faulty({ infer: () => y });
const stranger: Value = new Graph().input('stranger', [1]);

it.each<[string, Unary, string | RegExp]>([
  ['no outputs', infers(undefined), 'layer: what infer of own gives must be an object; got nothing'],
  ['an empty record', infers({}), 'layer: own has no outputs'],
  ['a list', infers([]), /^layer: what infer of own gives must be an object/],
  [
    'a plane of another size',
    infers({ y: { shape: [2, 60], dtype: 'f32', plane: [3, 4, 4] } }),
    /^layer: plane must be/,
  ],
  ['no spec', infers({ y: undefined }), 'layer: y of own must be an object; got nothing'],
  ['no type', infers({ y: { shape: [2] } }), 'layer: y of own lacks dtype'],
  [
    'half a size',
    infers({ y: { shape: [2, 1.5], dtype: 'f32' } }),
    /^layer: y of own must be \(N, F\).*got \[2, 1\.5\]/,
  ],
  ['another type', infers({ y: { shape: [2], dtype: 'f64' } }), /^layer: dtype must be .*got "f64"/],
  [
    'a gradient of no input',
    faulty({ backward: (_b: never, _n: never, { y }: { y: Value }) => ({ x: y, w: y }) }),
    'layer: what backward of own gives has a gradient of no input; got w; its inputs are x',
  ],
  [
    'a gradient too few',
    faulty({ backward: () => ({}) }),
    'layer: what backward of own gives lacks x; undefined, where a gradient stops',
  ],
  [
    'nothing backward',
    faulty({ backward: () => undefined }),
    /^layer: what backward of own gives must be an object/,
  ],
  ['no launches', faulty({ lower: () => [] }), /^layer \(own\): what lower gives/],
  ['no launch', faulty({ lower: () => ({ launches: [] }) }), 'layer (own): no launch writes y'],
  [
    'a launch without a shader',
    launching(() => ({ shader: undefined })),
    /^layer \(own\): a launch lacks shader/,
  ],
  [
    'a text for a shader',
    launching(() => ({ shader: 'fn f() {}' })),
    /^layer \(own\): the shader of a launch must be an object/,
  ],
  [
    'no workgroups',
    launching(() => ({ workgroups: [0, 1, 1] })),
    'layer (own): relu.wgsl#forward: workgroups must be three whole numbers from 1; got [0,1,1]',
  ],
  ['NaN workgroups', launching(() => ({ workgroups: [NaN, 1, 1] })), /three whole numbers from 1/],
  [
    'an input that is written',
    launching(({ bind }, { inputs: { x } }) => ({ bind: { ...bind, y: x } })),
    'layer (own): relu.wgsl#forward: writes y, an input; got "x"',
  ],
  [
    "another graph's value",
    launching(({ bind }) => ({ bind: { ...bind, x: stranger } })),
    'layer (own): relu.wgsl#forward: x is bound to no input or output of the op; got stranger',
  ],
  [
    'numbers of another type',
    launching(({ shader }) => ({
      shader: { ...shader, source: shader.source.replace('alias number = f32', 'alias number = u32') },
      variant: {},
    })),
    'layer (own): relu.wgsl#forward: x holds u32, and x f32',
  ],
  [
    'a variant of another type',
    launching(() => ({ variant: { number: 'vec4i' } })),
    'layer (own): relu.wgsl#forward: x holds vec4i, and x f32',
  ],
  [
    'half a number for a whole one',
    launching(() => ({ constants: { WG: 2.5 } })),
    'layer (own): relu.wgsl#forward: WG must be a whole number; got 2.5',
  ],
  [
    'nothing bound',
    launching(({ bind }) => ({ bind: { ...bind, x: undefined } })),
    /^layer \(own\): relu\.wgsl#forward: what x is bound to must be an object; got nothing/,
  ],
])('%s', (_what, op, message) => {
  expect(() => build(op)).toThrow(message);
});

it('an entry or a variable that the shader does not have is left for the program to name', () => {
  expect(() => build(launching(() => ({ entry: 'forwards' })))).not.toThrow();
  expect(() => build(launching(({ bind: { x, y } }) => ({ bind: { X: x, y } })))).not.toThrow();
});

it('a text that casts bits may read them as it likes', () => {
  const words = (source: string): string =>
    `${source.replace('alias number = f32', 'alias number = u32')}// bitcast`;
  const op = launching(({ shader }) => ({
    shader: { ...shader, source: words(shader.source) },
    variant: {},
  }));
  expect(() => build(op)).not.toThrow();
});

it('a gradient may stop at an op that says so', () => {
  const graph = new Graph();
  const x = graph.input('x', [2, 3]);
  const { y } = graph.apply(faulty({ backward: () => ({ x: undefined }) }), { x }, {}, 'layer');
  differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape) }], [x]);
  expect(graph.gradients.get(x)).toBeUndefined();
});

it('the op without a fault is taken', () => {
  expect(() => build(faulty({}))).not.toThrow();
  expect(() => build(launching(() => ({})))).not.toThrow();
});

it('a layer keeps the attributes and inputs that it was given, whatever becomes of the objects', () => {
  const graph = new Graph();
  const [x, other] = [graph.input('x', [2, 3, 4, 5]), graph.input('other', [2, 3, 4, 5])];
  const window = { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] };
  const inputs = { x };
  graph.apply(maxPool, inputs, { window } as never, 'pool');
  window.kernel[0] = 1;
  inputs.x = other;
  expect(graph.nodes[0]).toMatchObject({ attrs: { window: { kernel: [2, 2] } }, inputs: { x } });
});

// Not an error of the author's: nobody asked for this gradient.
it('a gradient that is not wanted may be left out', () => {
  const graph = new Graph();
  const x = graph.input('x', [2, 3]);
  const { y } = graph.apply(faulty({ backward: () => ({}) }), { x }, {}, 'layer');
  differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape) }]);
  expect(graph.gradients.get(x)).toBeUndefined();
});
