// What follows the gradients: accumulation, their norm, clipping, the optimizers; and the search for what is not finite.
import { uniform } from '../core/random';
import { sizeOf } from '../core/shape';
import { submit, writeBuffer } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { Graph } from '../graph/graph';
import { writeParameter } from '../graph/parameter_layout';
import { relu } from '../ops/relu';
import { readBuffer } from '../runtime/buffers';
import { Parameters } from '../runtime/parameters';
import { Program } from '../runtime/program';
import { searchNotFinite } from '../runtime/search_not_finite';
import { Update, type Optimizer } from '../runtime/update';
import type { Check, Tensors } from './check';

export interface UpdateCase {
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly clip?: number;
  readonly microBatches?: number;
  /** The tensor that is looked at: all weights after the steps, or the norm of the last step's gradients. */
  readonly looksAt: 'w' | 'norm';
}

export const UPDATE = { steps: 3, rate: 0.02, seed: 5 } as const;

const PLAIN = { kind: 'sgd', momentum: 0 } as const;

export const UPDATES: readonly UpdateCase[] = [
  { name: 'sgd/plain', optimizer: { ...PLAIN, weightDecay: 0.01 }, looksAt: 'w' },
  { name: 'sgd/momentum', optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 0.01 }, looksAt: 'w' },
  { name: 'adam/with decay', optimizer: { kind: 'adam', weightDecay: 0.01 }, looksAt: 'w' },
  { name: 'gradient_norm/norm', optimizer: PLAIN, looksAt: 'norm' },
  { name: 'gradient_norm/clipped', optimizer: PLAIN, clip: 1.5, looksAt: 'w' },
  { name: 'accumulate/two parts', optimizer: PLAIN, microBatches: 2, looksAt: 'w' },
];

/** Weights that lie side by side in memory, a bias, and a matrix of more numbers than a workgroup handles. */
export function updatedGraph(): Graph {
  const graph = new Graph();
  const merge = 'merged';
  graph.parameter({ name: 'a', shape: [5, 7, 3, 3], kind: 'convolution', fanIn: 63, merge });
  graph.parameter({ name: 'b', shape: [3, 7, 3, 3], kind: 'convolution', fanIn: 63, merge });
  graph.parameter({ name: 'c', shape: [11], kind: 'bias', fanIn: 63 });
  graph.parameter({ name: 'd', shape: [90, 100], kind: 'linear', fanIn: 100 });
  return graph;
}

/** Gradients of one parameter in one step and micro-batch. */
export const updateGradient = (
  name: string,
  count: number,
  step: number,
  part: number,
): Float32Array<ArrayBuffer> => uniform(count, 1, UPDATE.seed, `${name}/step ${step}, part ${part}`);

export const updateCheck = (given: UpdateCase): Check => ({
  name: given.name,
  directions: ['update'],
  directionOf: () => 'update',
  tolerance: 1e-5,
  run: async (engine) => [await updated(engine, given), await updated(engine, given)],
});

async function updated(engine: Engine, given: UpdateCase): Promise<Tensors> {
  const { optimizer, clip, microBatches = 1, looksAt } = given;
  const parameters = await Parameters.create(engine, updatedGraph(), { seed: UPDATE.seed });
  const update = await Update.create(parameters, optimizer, {
    microBatches,
    ...(clip !== undefined && { clip }),
  });
  try {
    for (let step = 0; step < UPDATE.steps; step++) {
      for (let part = 0; part < microBatches; part++) runPart(parameters, update, step, part, microBatches);
    }
    if (looksAt === 'norm') return { norm: new Float32Array(await readBuffer(engine, update.report), 0, 1) };
    const weights = [...(await parameters.readAll()).values()];
    return { w: weights.flatMap(({ data }) => [...data]) };
  } finally {
    update.destroy();
    parameters.destroy();
  }
}

function runPart(
  { engine, layout }: Parameters,
  update: Update,
  step: number,
  part: number,
  parts: number,
): void {
  const flat = new Float32Array(layout.elements);
  for (const [name, placement] of layout.placements) {
    writeParameter(placement, updateGradient(name, sizeOf(placement.spec.shape), step, part), flat);
  }
  writeBuffer(engine, update.gradients, 0, flat);
  const encoder = engine.device.createCommandEncoder({ label: 'update' });
  update.accumulate(encoder, part);
  if (part === parts - 1) {
    const pass = encoder.beginComputePass({ label: 'update' });
    update.encode(pass, { step, rate: UPDATE.rate });
    pass.end();
  }
  submit(engine, encoder);
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
