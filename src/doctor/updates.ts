// What follows the gradients: accumulation, their norm, clipping, the optimizers; and the search for what is not finite.
import { uniform } from '../core/random';
import { sizeOf } from '../core/shape';
import { submit } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { Graph } from '../graph/graph';
import { PER_CHANNEL } from '../ops/bias';
import { CONVOLUTION_WEIGHTS } from '../ops/conv2d';
import { LINEAR_WEIGHTS } from '../ops/linear';
import { relu } from '../ops/relu';
import { OPTIMIZERS, type OptimizerName } from '../optim/registry';
import type { AnyOptimizerFunction, Optimizer } from '../optim/optimizer';
import type { OptimizerCases } from '../optim/optimizer_cases';
import { readBuffer } from '../runtime/buffers';
import { Parameters } from '../runtime/parameters';
import { Program } from '../runtime/program';
import { searchNotFinite } from '../runtime/search_not_finite';
import { Update } from '../runtime/update';
import type { Check, Tensors } from './check';

type Cases = OptimizerCases<Optimizer['settings']>;

const tables = import.meta.glob<{ cases: Cases }>('../optim/cases/*.ts', { eager: true });

const fileOf = (name: string) => tables[`../optim/cases/${name}.ts`];

/** The cases of an optimizer. */
export function casesOf(name: string): Cases {
  const found = fileOf(name);
  if (!found) throw new Error(`${name}: has no cases in src/optim/cases`);
  return found.cases;
}

/** Makes an optimizer of whatever kind. */
export function makeOptimizer(name: string, settings: object): Optimizer {
  const make: AnyOptimizerFunction = OPTIMIZERS[name as OptimizerName];
  return make(settings as never);
}

export interface UpdateCase {
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly rate: number;
  readonly clip?: number;
  readonly microBatches?: number;
  /** The tensor that is looked at: all weights after the steps, or the norm of the last step's gradients. */
  readonly looksAt: 'w' | 'norm';
}

const STEPS = 3;
const SEED = 5;

const plain = { optimizer: OPTIMIZERS.sgd(), rate: 0.02 };

export const UPDATES: readonly UpdateCase[] = [
  // test/optim/complete.test.ts names those without cases; here they must not keep the other cases from loading.
  ...Object.keys(OPTIMIZERS).flatMap((kind) =>
    Object.entries(fileOf(kind)?.cases.cases ?? {}).map(([name, { settings, rate }]): UpdateCase => ({
      name: `${kind}/${name}`,
      optimizer: makeOptimizer(kind, settings),
      rate,
      looksAt: 'w',
    })),
  ),
  { name: 'gradient_norm/norm', ...plain, looksAt: 'norm' },
  { name: 'gradient_norm/clipped', ...plain, clip: 1.5, looksAt: 'w' },
  { name: 'accumulate/two parts', ...plain, microBatches: 2, looksAt: 'w' },
];

/**
 * Weights that lie side by side in memory, one of them with a rate of its own, a bias without decay, a matrix of more
 * numbers than a workgroup handles, and a frozen one between.
 */
export function updatedGraph(): Graph {
  const graph = new Graph();
  const shared = { merge: 'merged', order: CONVOLUTION_WEIGHTS };
  const drawn = (fanIn: number) => ({ initial: { draw: 'weight', fanIn } as const });
  graph.variable({ name: 'a', shape: [5, 7, 3, 3], ...shared, ...drawn(63) });
  graph.variable({ name: 'b', shape: [3, 7, 3, 3], ...shared, ...drawn(63), rateScale: 0.5 });
  graph.variable({ name: 'c', shape: [11], order: PER_CHANNEL, ...drawn(63), decayScale: 0, rateScale: 2 });
  graph.variable({ name: 'f', shape: [3, 5], order: LINEAR_WEIGHTS, ...drawn(5), trainable: false });
  graph.variable({ name: 'd', shape: [90, 100], order: LINEAR_WEIGHTS, ...drawn(100) });
  return graph;
}

/** Gradients of one variable in one step and micro-batch. */
const gradientOf = (name: string, count: number, step: number, part: number): Float32Array<ArrayBuffer> =>
  uniform(count, 1, SEED, `${name}/step ${step}, part ${part}`);

export const updateCheck = (given: UpdateCase): Check => ({
  name: given.name,
  directions: ['update'],
  directionOf: () => 'update',
  // Sums of many numbers, each of which float32 rounds a few times by 6e-8.
  tolerance: 1e-5,
  run: async (engine) => [await updated(engine, given), await updated(engine, given)],
  right: () => expectedUpdate(given),
});

/** What the steps of a case come to on the GPU. */
export async function updated(engine: Engine, given: UpdateCase): Promise<Tensors> {
  const { optimizer, rate, clip, microBatches = 1, looksAt } = given;
  const parameters = await Parameters.create(engine, updatedGraph(), { seed: SEED });
  const update = await Update.create(parameters, optimizer, { microBatches, clip });
  try {
    for (let step = 0; step < STEPS; step++) {
      for (let part = 0; part < microBatches; part++) {
        await writeGradients(update, step, part);
        const encoder = engine.device.createCommandEncoder({ label: 'update' });
        update.accumulate(encoder, part);
        if (part === microBatches - 1) {
          const pass = encoder.beginComputePass({ label: 'update' });
          update.encode(pass, { step, rate });
          pass.end();
        }
        submit(engine, encoder);
      }
    }
    if (looksAt === 'norm') return { norm: new Float32Array(await readBuffer(engine, update.report), 0, 1) };
    const weights = [...(await parameters.readAll()).values()];
    return { w: weights.flatMap(({ data }) => [...data]) };
  } finally {
    update.destroy();
    parameters.destroy();
  }
}

const writeGradients = ({ gradients }: Update, step: number, part: number) =>
  gradients.load(
    new Map(
      gradients.specs.map(({ name, shape }) => [
        name,
        { shape, data: gradientOf(name, sizeOf(shape), step, part) },
      ]),
    ),
  );

/** The same in float64 loops. */
export function expectedUpdate({
  optimizer,
  rate,
  clip = Infinity,
  microBatches = 1,
  looksAt,
}: UpdateCase): Tensors {
  const { reference } = casesOf(optimizer.name);
  const variables = [...updatedGraph().variables.values()].map(({ variable }) => variable);
  const numbers = variables.map(({ name, shape, initial }) => {
    const bound = typeof initial === 'number' ? 0 : 1 / Math.sqrt(initial.fanIn);
    return Array.from(uniform(sizeOf(shape), bound, SEED, name), (w): readonly [number, ...number[]] => [w]);
  });
  let norm = 0;
  for (let step = 0; step < STEPS; step++) {
    const gradients = variables.map(({ name, shape, trainable }) => {
      const sum = new Float64Array(sizeOf(shape));
      for (let part = 0; trainable && part < microBatches; part++) {
        gradientOf(name, sum.length, step, part).forEach((value, index) => (sum[index]! += value));
      }
      return sum;
    });
    norm = Math.sqrt(gradients.reduce((sum, dw) => dw.reduce((own, value) => own + value * value, sum), 0));
    const scale = Math.min(1, clip / norm);
    variables.forEach(({ trainable, rateScale, decayScale }, index) => {
      const own = numbers[index]!;
      const about = { rate: rate * rateScale, decayScale, count: step + 1 };
      gradients[index]!.forEach((dw, at) => {
        const [w, ...slots] = own[at]!;
        if (trainable) own[at] = reference(w, dw * scale, slots, about, optimizer.settings);
      });
    });
  }
  return looksAt === 'norm' ? { norm: [norm] } : { w: numbers.flatMap((own) => own.map(([w]) => w)) };
}

/** Three numbers of a tensor are not finite: they must be counted. */
export const searchCheck: Check = {
  name: 'find_not_finite/three of 105',
  directions: ['forward'],
  directionOf: () => 'forward',
  tolerance: 0,
  run: async (engine) => [await searched(engine), await searched(engine)],
};

async function searched(engine: Engine): Promise<Tensors> {
  const graph = new Graph();
  const x = graph.input('x', [1, 3, 5, 7]);
  const { y } = graph.apply(relu, { x }, {}, 'relu');
  const program = await Program.create(engine, graph, { keep: [y] });
  try {
    const numbers = new Float32Array(105);
    numbers[3] = NaN;
    numbers[50] = Infinity;
    numbers[104] = NaN;
    program.write('x', numbers);
    program.run();
    const found = await searchNotFinite(program, {});
    return { found: [found?.count ?? 0, found?.size ?? 0] };
  } finally {
    program.destroy();
  }
}
