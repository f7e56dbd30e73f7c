// What needs no device, used wrongly: one argument at a time of the wrong type, and options that nobody knows.
import { describe, expect, it } from 'vitest';
import * as engine from '../../src/index';
import { failedKernels } from '../../src/doctor/index';
import { exampleCheckpoint } from '../support/checkpoint';
import { smallNetwork } from '../support/small_trainer';
import { useWrongly, type Use } from '../support/wrong_use';

const { Graph, TARGETS, layers, sgd } = engine;

/** A default, or options that may be empty. */
const LEFT_OUT = ['undefined'];
const EMPTY = ['undefined', '{}'];
const NAME = ['a text'];

const network = () => {
  const { graph, images, scores } = smallNetwork(2);
  return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
};
const memory = () => engine.estimateTraining(network(), { target: TARGETS.gpu, optimizer: sgd() });
const withX = () => {
  const graph = new Graph();
  return { graph, net: layers(graph), x: graph.input('x', [2, 3, 8, 8]) };
};
/** A layer of `layers`, on an x of its own graph. */
const layer = (
  name: keyof ReturnType<typeof layers>,
  further: readonly unknown[],
  more: Partial<Use> = {},
): Use => ({
  args: () => ['here', 'x', ...further],
  call: (label: unknown, given: unknown, ...rest: unknown[]) => {
    const { graph, net } = withX();
    const flat = graph.input('flat', [2, 4]);
    const packed = graph.input('packed', [2, 1, 4, 4], 'u32');
    const slots = graph.input('slots', [2, 16], 'u32');
    const table = graph.input('table', [2, 22]);
    const own =
      { linear: flat, crossEntropy: flat, softCrossEntropy: flat, pixels: packed, crop: slots }[
        name as string
      ] ?? graph.value('x');
    const x = name === 'concat' ? [own] : own;
    const others = rest.map((each) => (each === 'table' ? table : each));
    return (net[name] as (...all: unknown[]) => unknown)(label, given === 'x' ? x : given, ...others);
  },
  where: /^(here|graph|layers)/,
  ...more,
  takes: { 0: NAME, ...more.takes },
});
const folder: engine.CheckpointFolder = {
  path: 'checkpoints',
  names: () => Promise.resolve([]),
  read: () => Promise.resolve(new Uint8Array()),
  write: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
const store = () => new engine.CheckpointStore(folder);
const profile = { adapter: 'gpu', nodes: [] };

const FUNCTIONS: Readonly<Record<string, Use>> = {
  slidingWindow: {
    args: () => ['slidingWindow', 3, 1, 0],
    call: engine.slidingWindow,
    takes: { 0: NAME, 1: ['a number'], 2: ['a number'], 3: ['a number'] },
  },
  hashName: { args: () => ['name'], call: engine.hashName, takes: { 0: NAME } },
  philox: {
    args: () => [
      [0, 0, 0, 0],
      [0, 0],
    ],
    call: engine.philox,
  },
  uniform: {
    args: () => [4, 1, 0, 'name', 0],
    call: engine.uniform,
    takes: { 1: ['a number'], 3: NAME, 4: LEFT_OUT },
  },
  permutation: { args: () => [4, 0, 'name'], call: engine.permutation, takes: { 2: NAME } },
  'new Graph().input': {
    args: () => ['here', [2, 4], 'f32', undefined],
    call: (...all: [string, number[]]) => new Graph().input(...all),
    takes: { 0: NAME, 1: ['[]'], 2: LEFT_OUT, 3: LEFT_OUT },
    where: /^(here|graph)/,
  },
  'graph.variable': {
    args: () => [{ name: 'here', shape: [2, 4] }],
    call: (options: engine.VariableOptions) => new Graph().variable(options),
    where: /^(graph.variable|here)/,
    options: [0],
  },
  'graph.constant': {
    args: () => ['here', [2], new Float32Array(2)],
    call: (...all: [string, number[], Float32Array]) => new Graph().constant(...all),
    takes: { 0: NAME },
    where: /^(here|graph)/,
  },
  'graph.assign': {
    args: () => ['variable', 'value'],
    call: (variable: unknown, value: unknown) => {
      const { graph, net, x } = withX();
      const own = graph.variable({ name: 'own', shape: [2, 3, 8, 8], trainable: false });
      const y = net.relu('y', x);
      graph.assign(
        (variable === 'variable' ? own : variable) as never,
        (value === 'value' ? y : value) as never,
      );
    },
  },
  'graph.value': { args: () => ['x'], call: (name: string) => withX().graph.value(name), where: /^graph/ },
  'graph.apply': {
    args: () => [engine.dropout, 'inputs', { p: 0.5, layer: 'here' }, 'here'],
    call: (op: typeof engine.dropout, inputs: unknown, attrs: engine.VariableOptions, label: string) => {
      const { graph, x } = withX();
      return graph.apply(op, (inputs === 'inputs' ? { x } : inputs) as never, attrs as never, label);
    },
    takes: { 3: NAME },
    options: [2],
    where: /^(here|graph.apply)/,
  },
  layers: { args: () => [new Graph()], call: layers },
  'layers.conv': layer('conv', [{ channels: 4, kernel: 3 }], { options: [2] }),
  'layers.linear': layer('linear', [{ features: 4 }], { options: [2] }),
  'layers.maxPool': layer('maxPool', [{ kernel: 2 }], { options: [2] }),
  'layers.avgPool': layer('avgPool', [{ kernel: 2 }], { options: [2] }),
  'layers.pixels': layer('pixels', [{ mean: [0, 0, 0] }], { options: [2], takes: { 2: EMPTY } }),
  'layers.crop': layer('crop', ['table', { size: 3 }], { options: [3] }),
  'layers.localResponseNorm': layer('localResponseNorm', [{ size: 5 }], { options: [2] }),
  'layers.dropout': layer('dropout', [0.5]),
  'layers.relu': layer('relu', []),
  'layers.gelu': layer('gelu', []),
  'layers.flatten': layer('flatten', []),
  'layers.add': layer('add', ['x1']),
  'layers.concat': layer('concat', []),
  'layers.crossEntropy': layer('crossEntropy', ['labels']),
  'layers.softCrossEntropy': layer('softCrossEntropy', ['targets', { smoothing: 0.1 }], {
    options: [3],
    takes: { 3: EMPTY },
  }),
  'layers.binaryCrossEntropy': layer('binaryCrossEntropy', ['targets']),
  'layers.meanSquaredError': layer('meanSquaredError', ['targets']),
  weightedLosses: {
    args: () => ['graph', [{ value: 'x', weight: 1 }]],
    call: (graph: never, losses: never) => engine.weightedLosses(graph, losses),
    takes: { 1: ['[]'] },
  },
  differentiate: {
    args: () => [new Graph(), [], [], () => true],
    call: engine.differentiate,
    takes: { 1: ['[]'], 2: ['undefined', '[]'], 3: LEFT_OUT },
  },
  estimate: { args: () => [new Graph(), { target: TARGETS.gpu }], call: engine.estimate, options: [1] },
  estimateTraining: {
    args: () => [network(), { target: TARGETS.gpu, optimizer: sgd() }],
    call: engine.estimateTraining,
    options: [1],
  },
  describePlan: { args: () => [memory().plan, 3], call: engine.describePlan, takes: { 1: LEFT_OUT } },
  formatEstimate: { args: () => [memory()], call: engine.formatEstimate },
  largestBatch: { args: () => [() => 1, 8], call: engine.largestBatch },
  requireBudget: {
    args: () => [memory(), 2 ** 40],
    call: engine.requireBudget,
    takes: { 1: ['a number'] },
    where: /^requireBudget/,
  },
  withinLimits: { args: () => [8, () => 1], call: engine.withinLimits },
  byName: { args: () => ['quad'], call: engine.byName },
  byTable: { args: () => [{}], call: engine.byTable, takes: { 0: ['{}'] } },
  choiceRule: { args: () => [TARGETS.gpu], call: engine.choiceRule },
  textStore: { args: () => [() => '', () => 1], call: engine.textStore },
  sgd: { args: () => [{}], call: sgd, takes: { 0: EMPTY }, options: [0] },
  adam: { args: () => [{}], call: engine.adam, takes: { 0: EMPTY }, options: [0] },
  adamw: { args: () => [{}], call: engine.adamw, takes: { 0: EMPTY }, options: [0] },
  rmsprop: { args: () => [{}], call: engine.rmsprop, takes: { 0: EMPTY }, options: [0] },
  defineOptimizer: {
    args: () => [
      { name: 'mine', rate: 1, schema: {}, rule: sgd().rule, slots: () => [], params: () => ({}) },
    ],
    call: engine.defineOptimizer,
    options: [0],
  },
  equalAverage: { args: () => [{}], call: engine.equalAverage, takes: { 0: EMPTY }, options: [0] },
  exponentialAverage: {
    args: () => [{}],
    call: engine.exponentialAverage,
    takes: { 0: EMPTY },
    options: [0],
  },
  googlenet: { args: () => [{ classes: 2, batch: 1, width: 1 / 8 }], call: engine.googlenet, options: [0] },
  googlenetHeads: {
    args: () => [engine.googlenet({ classes: 2, batch: 1, width: 1 / 8 }), 0.3],
    call: engine.googlenetHeads,
    takes: { 1: ['undefined', 'a number'] },
  },
  classNumbers: { args: () => [{}], call: engine.classNumbers, takes: { 0: EMPTY }, options: [0] },
  softTargets: { args: () => [{}], call: engine.softTargets, takes: { 0: EMPTY }, options: [0] },
  warmup: { args: () => [{ rate: 1 }], call: engine.warmup, options: [0] },
  readSafetensors: {
    args: () => [engine.writeSafetensors([]), 'safetensors file'],
    call: engine.readSafetensors,
    takes: { 1: ['undefined', 'a text'] },
    where: /^(safetensors file|readSafetensors)/,
  },
  writeSafetensors: {
    args: () => [[], {}],
    call: engine.writeSafetensors,
    takes: { 0: ['[]'], 1: ['undefined', '{}'] },
    where: /^safetensors/,
  },
  readCheckpoint: {
    args: () => [engine.writeCheckpoint(exampleCheckpoint(1)), 'checkpoint'],
    call: engine.readCheckpoint,
    takes: { 1: ['undefined', 'a text'] },
    where: /^(checkpoint|readCheckpoint)/,
  },
  writeCheckpoint: { args: () => [exampleCheckpoint(1)], call: engine.writeCheckpoint, where: /^checkpoint/ },
  CheckpointStore: {
    args: () => [folder, 3],
    call: (...all: [engine.CheckpointFolder, number]) => new engine.CheckpointStore(...all),
    takes: { 1: LEFT_OUT },
    where: /^checkpoints/,
  },
  'store.save': {
    args: () => [exampleCheckpoint(1)],
    call: (given: never) => store().save(given),
    where: /^checkpoint/,
  },
  'store.saveFile': {
    args: () => [1, new Uint8Array(4)],
    call: (...all: [number, never]) => store().saveFile(...all),
    where: /^checkpoints/,
  },
  openBrowserCheckpoints: {
    args: () => ['run', {}],
    call: engine.openBrowserCheckpoints,
    takes: { 0: NAME, 1: EMPTY },
    options: [1],
    where: /^checkpoints/,
  },
  traceFile: {
    args: () => [{ step: profile }],
    call: engine.traceFile,
    takes: { 0: ['{}'] },
    where: /^trace/,
  },
  failedKernels: { args: () => [{ findings: [] }], call: failedKernels },
};

describe('what needs no device, used wrongly', () => {
  it.each(Object.keys(FUNCTIONS))('%s says where and what', async (name) => {
    const { wrong } = await useWrongly({ [name]: FUNCTIONS[name] as Use });
    expect(wrong).toEqual([]);
  });
});
