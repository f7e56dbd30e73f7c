import * as doctor from '../../../src/doctor/index';
import * as engine from '../../../src/index';
import { TABLES } from '../../../src/ops/cases/support/all';
import { caseSize } from '../../../src/ops/cases/support/op_case';
import type { OpTable } from '../../../src/ops/cases/support/op_table';
import { layerName } from '../layer_name';
import { exampleCheckpoint } from '../checkpoint';
import { sgd } from '../../../src/optim/sgd';

/** What callers from JavaScript give by mistake. */
export const JUNK: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  NaN: NaN,
  Infinity: Infinity,
  '-1': -1,
  '0.5': 0.5,
  huge: 2 ** 53,
  'empty text': '',
  text: 'x',
  '10n': 10n,
  'empty array': [],
  'array of NaN': [NaN],
  'array of null': [null, null],
  'empty object': {},
  function: () => 1,
};

export interface Abused {
  readonly name: string;
  /** Arguments with which it works. */
  readonly valid: () => readonly unknown[];
  readonly call: (...given: unknown[]) => unknown;
  /** Junk that is none there, by the argument's position. */
  readonly takes?: Readonly<Record<number, readonly string[]>>;
}

/** `never`, so that each function fits as it is. */
const abused = (
  name: string,
  valid: () => readonly unknown[],
  call: (...given: never[]) => unknown,
  takes: Readonly<Record<number, readonly string[]>> = {},
): Abused => ({ name, valid, call: call as (...given: unknown[]) => unknown, takes });

const { Graph, layers } = engine;
const TEXT = ['text'];
/** Where a value has a default. */
const LEFT_OUT = ['undefined'];

const nothing = () => Promise.resolve();
const NO_FOLDER: engine.CheckpointFolder = {
  path: 'nowhere',
  names: () => Promise.resolve([]),
  read: () => Promise.resolve(new Uint8Array()),
  write: nothing,
  remove: nothing,
};

function graphOfImages() {
  const graph = new Graph();
  const x = graph.input('x0', [2, 3, 8, 8]);
  return { graph, x, net: layers(graph) };
}

/** The layer that an op is in `layers`, with junk in one argument at a time. */
function layer(table: OpTable): readonly Abused[] {
  const { layer: use, cases } = table;
  if (typeof use === 'string') return [];
  const name = layerName(table) as Exclude<keyof ReturnType<typeof layers>, 'crossEntropy' | 'concat'>;
  const { further = [], takes = {}, x: shape = [2, 3, 8, 8] } = use;
  const made = () => {
    const graph = new Graph();
    return { net: layers(graph), x: graph.input('x0', shape, cases[0]?.inputs.x?.dtype ?? 'f32') };
  };
  return [
    {
      name: `layers.${name}`,
      valid: () => ['layer', made().x, ...further],
      call: (...given: unknown[]) => {
        const { net, x } = made();
        // Values belong to one graph, so the good one is this graph's own.
        const isValue = typeof given[1] === 'object' && given[1] !== null && 'label' in given[1];
        return (net[name] as (...all: unknown[]) => unknown)(...given.with(1, isValue ? x : given[1]));
      },
      takes: { 0: TEXT, ...takes },
    },
  ];
}

/** An op that the public face has, applied without `layers` to the shapes of its smallest case. */
function op({ op: wanted, cases }: OpTable): readonly Abused[] {
  const name = Object.entries(engine).find(([, value]) => value === (wanted as unknown))?.[0];
  const [least] = [...cases].sort((a, b) => caseSize(a) - caseSize(b));
  // Only a rewrite makes the fused ones.
  if (name === undefined || name.endsWith('Fused') || !least) return [];
  const inputs = Object.entries(least.inputs);
  return [
    {
      name,
      valid: () => inputs.map(([, { shape }]) => shape),
      call: (...shapes: unknown[]) => {
        const graph = new Graph();
        const orders: Readonly<Record<string, engine.Order | undefined>> = wanted.orders ?? {};
        const values = inputs.map(([input, { dtype }], index) => {
          const [shape, order] = [shapes[index] as number[], orders[input]];
          const value = order
            ? graph.variable({ name: input, shape, order })
            : graph.input(input, shape, dtype ?? 'f32');
          return [input, value];
        });
        return graph.apply(wanted, Object.fromEntries(values) as never, least.attrs as never, 'layer');
      },
    },
  ];
}

const PROFILE: engine.Profile = {
  adapter: 'gpu',
  software: false,
  method: 'device',
  choices: 'as shipped',
  nodes: [
    {
      layer: 'a',
      op: 'add',
      part: 'forward',
      multiplyAdds: 1,
      bytes: 1,
      launches: [{ kernel: 'k', workgroups: [1], start: 0, milliseconds: 1 }],
    },
  ],
};

const { TARGETS } = engine;
const TRAINING = { target: TARGETS.gpu, optimizer: sgd({ momentum: 0.9 }) } as const;

function smallNetwork(): engine.Network {
  const { graph, x: images, net } = graphOfImages();
  const scores = net.linear('fc', net.flatten('flat', images), { features: 2 });
  return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
}

const smallEstimate = () => engine.estimateTraining(smallNetwork(), TRAINING);

/** Each public function that needs no device. */
export const ABUSE: readonly Abused[] = [
  abused(
    'slidingWindow',
    () => [3, 1, 1],
    (k, s, p) => engine.slidingWindow('w', k, s, p),
    {
      0: ['huge'],
      1: ['huge'],
      2: ['huge'],
    },
  ),
  abused('hashName', () => ['name'], engine.hashName, { 0: ['empty text', 'text'] }),
  abused(
    'philox',
    () => [
      [0, 0, 0, 0],
      [1, 2],
    ],
    engine.philox,
  ),
  abused('permutation', () => [5, 1, 'name'], engine.permutation, { 2: TEXT }),
  abused('uniform', () => [5, 1, 1, 'name'], engine.uniform, {
    1: ['-1', '0.5', 'huge'],
    3: TEXT,
  }),
  abused(
    'Graph.input',
    () => ['x', [1, 2], 'f32'],
    (name, shape, dtype) => new Graph().input(name, shape, dtype),
    { 0: TEXT, 1: ['empty array'], 2: LEFT_OUT },
  ),
  abused(
    'Graph.variable',
    () => ['w', [1, 2], engine.LINEAR_WEIGHTS, 2],
    (name, shape, order, fanIn) =>
      new Graph().variable({ name, shape, order, initial: { draw: 'weight', fanIn } }),
    { 0: TEXT, 3: ['huge'] },
  ),
  abused(
    'Graph.variable whole',
    () => [{ name: 'w', shape: [1, 2], trainable: false, initial: 1 }],
    (options) => new Graph().variable(options),
  ),
  abused(
    'Graph.constant',
    () => ['c', [2], new Float32Array(2)],
    (name, shape, data) => new Graph().constant(name, shape, data),
    { 0: TEXT },
  ),
  abused(
    'Graph.value',
    () => ['x0'],
    (name) => graphOfImages().graph.value(name),
  ),
  {
    name: 'Graph.apply',
    valid: () => [engine.relu, 'good', {}, 'layer'],
    call: (wanted: unknown, inputs: unknown, attrs: unknown, label: unknown) => {
      const { graph, x } = graphOfImages();
      return graph.apply(
        wanted as typeof engine.relu,
        (inputs === 'good' ? { x } : inputs) as never,
        attrs as never,
        label as string,
      );
    },
    takes: { 2: ['empty object'], 3: TEXT },
  },
  ...TABLES.flatMap(layer),
  abused('layers', () => [new Graph()], layers),
  abused(
    'layers.concat',
    () => ['layer', 'good'],
    (name, values) => {
      const { net, x } = graphOfImages();
      return net.concat(name, values === 'good' ? [x, x] : values);
    },
    { 0: TEXT },
  ),
  ...(['channels', 'kernel', 'stride', 'padding'] as const).map((field) =>
    abused(
      `layers.conv ${field}`,
      () => [1],
      (value) => {
        const { net, x } = graphOfImages();
        return net.conv('layer', x, { channels: 4, kernel: 3, [field]: value });
      },
      field === 'stride' ? { 0: ['undefined', 'huge'] } : field === 'padding' ? { 0: LEFT_OUT } : {},
    ),
  ),
  abused(
    'layers.linear features',
    () => [1],
    (features) => {
      const { net, x } = graphOfImages();
      return net.linear('layer', net.flatten('flat', x), { features });
    },
  ),
  ...TABLES.flatMap(op),
  // Their settings are in src/optim/cases.
  ...Object.entries(engine.OPTIMIZERS).map(([name, make]) =>
    abused(name, () => [{}], make as (settings: never) => unknown, {
      0: [...LEFT_OUT, 'empty object'],
    }),
  ),
  abused(
    'defineOptimizer',
    () => [{ name: 'x', rate: 1, schema: {}, rule: sgd().rule, slots: () => [], params: () => ({}) }],
    engine.defineOptimizer,
  ),
  abused(
    'equalAverage',
    () => [3],
    (from) => engine.equalAverage({ from }),
    { 0: LEFT_OUT },
  ),
  abused(
    'exponentialAverage',
    () => [0.9, 3],
    (decay, from) => engine.exponentialAverage({ decay, from }),
    { 0: [...LEFT_OUT, '0.5'], 1: LEFT_OUT },
  ),
  abused(
    'weightedLosses',
    () => [0.5],
    (weight) => {
      const { graph, x } = graphOfImages();
      return engine.weightedLosses(graph, [{ value: x, weight }]);
    },
    { 0: ['-1', '0.5', 'huge'] },
  ),
  abused(
    'weightedLosses whole',
    () => [[]],
    (losses) => engine.weightedLosses(new Graph(), losses),
    { 0: ['empty array'] },
  ),
  abused('estimate', () => [new Graph(), { target: TARGETS.gpu }], engine.estimate),
  abused('estimateTraining', () => [smallNetwork(), TRAINING], engine.estimateTraining),
  abused('requireBudget', () => [smallEstimate(), 2 ** 40], engine.requireBudget, { 1: ['huge'] }),
  abused('largestBatch', () => [() => 1, 8], engine.largestBatch, { 0: ['function'] }),
  abused('withinLimits', () => [8, () => 1], engine.withinLimits, { 1: ['function'] }),
  abused('formatEstimate', () => [smallEstimate()], engine.formatEstimate),
  abused('describePlan', () => [smallEstimate().plan, 3], engine.describePlan, { 1: LEFT_OUT }),
  abused(
    'differentiate',
    () => [[]],
    (seeds) => engine.differentiate(new Graph(), seeds),
    { 0: ['empty array'] },
  ),
  ...Object.entries({
    classes: 2,
    batch: 1,
    inputSize: 65,
    width: 1 / 8,
    aux: false,
    mode: 'infer',
    dropout: { main: 0, aux: 0 },
  }).map(([field, value]) =>
    abused(
      `googlenet ${field}`,
      () => [value],
      (given) => engine.googlenet({ classes: 2, batch: 1, inputSize: 65, width: 1 / 8, [field]: given }),
      {
        0:
          {
            inputSize: LEFT_OUT,
            width: ['undefined', '0.5'],
            aux: ['undefined', 'true'],
            mode: LEFT_OUT,
            dropout: ['undefined', 'null'],
          }[field] ?? [],
      },
    ),
  ),
  abused('googlenet', () => [{ classes: 2, batch: 1, width: 1 / 8 }], engine.googlenet),
  abused(
    'googlenetHeads',
    () => [engine.googlenet({ classes: 2, batch: 1, width: 1 / 8 }), 0.3],
    engine.googlenetHeads,
    {
      1: ['undefined', '-1', '0.5', 'huge'],
    },
  ),
  abused('classNumbers', () => [{}], engine.classNumbers, { 0: [...LEFT_OUT, 'empty object'] }),
  abused('softTargets', () => [{}], engine.softTargets, { 0: [...LEFT_OUT, 'empty object'] }),
  abused('warmup', () => [{ rate: 1 }], engine.warmup),
  abused(
    'warmup rate',
    () => [1, 2, 3, 'linear'],
    (rate, warmup, steps, decay) => engine.warmup({ rate, warmup, steps, decay }),
    {
      0: ['0.5', 'huge'],
      1: LEFT_OUT,
      3: LEFT_OUT,
    },
  ),
  abused('choiceRule', () => [{ maxWorkgroupsPerDimension: 1, parallelWorkgroups: 1 }], engine.choiceRule),
  abused('textStore', () => [() => Promise.resolve(''), () => Promise.resolve()], engine.textStore, {
    0: ['function'],
    1: ['function'],
  }),
  abused('failedKernels', () => [{ findings: [] }], doctor.failedKernels),
  abused('byName', () => ['quad'], engine.byName),
  abused('byTable', () => [{}], engine.byTable, {
    0: ['empty object'],
  }),
  abused(
    'readSafetensors',
    () => [engine.writeSafetensors([])],
    (bytes) => engine.readSafetensors(bytes),
  ),
  abused(
    'writeSafetensors',
    () => [[1], new Float32Array(1), {}],
    (shape, data, metadata) => engine.writeSafetensors([['a', { shape, data }]], metadata),
    { 0: ['empty array'], 2: ['undefined', 'empty object'] },
  ),
  abused(
    'writeSafetensors whole',
    () => [[]],
    (tensors) => engine.writeSafetensors(tensors),
    { 0: ['empty array'] },
  ),
  abused(
    'readCheckpoint',
    () => [engine.writeCheckpoint(exampleCheckpoint(1))],
    (bytes) => engine.readCheckpoint(bytes),
  ),
  abused('writeCheckpoint', () => [exampleCheckpoint(1)], engine.writeCheckpoint),
  abused(
    'CheckpointStore',
    () => [NO_FOLDER, 2],
    (folder, keep) => new engine.CheckpointStore(folder, keep),
    { 1: LEFT_OUT },
  ),
  ...Object.keys(exampleCheckpoint(1)).map((field) =>
    abused(
      `writeCheckpoint ${field}`,
      () => [exampleCheckpoint(1)[field as 'step']],
      (value) => engine.writeCheckpoint({ ...exampleCheckpoint(1), [field]: value }),
      { 0: field === 'settings' ? ['empty object'] : [] },
    ),
  ),
  abused('traceFile', () => [{ step: PROFILE }], engine.traceFile, { 0: ['empty object'] }),
  abused(
    'traceFile profile',
    () => [PROFILE],
    (profile) => engine.traceFile({ step: profile }),
  ),
  ...(['start', 'milliseconds'] as const).map((field) =>
    abused(
      `traceFile ${field}`,
      () => [1],
      (value) => {
        const [node] = PROFILE.nodes as [engine.ProfiledNode];
        const [launch] = node.launches as [engine.ProfiledLaunch];
        return engine.traceFile({
          step: { ...PROFILE, nodes: [{ ...node, launches: [{ ...launch, [field]: value }] }] },
        });
      },
      { 0: ['0.5', 'huge', ...(field === 'start' ? ['-1'] : [])] },
    ),
  ),
];
