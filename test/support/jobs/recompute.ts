import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { randomGraph } from '../random_graph';
import type { Value } from '../../../src/core/op';
import { LimitError } from '../../../src/core/errors';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import type { Engine } from '../../../src/gpu/engine';
import { pipelineKey } from '../../../src/gpu/pipelines';
import { googlenet, googlenetHeads } from '../../../src/models/googlenet';
import type { RecomputeOptions } from '../../../src/graph/plan_nodes';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import type { ProgramOptions } from '../../../src/runtime/program_options';
import { Trainer } from '../../../src/train/trainer';
import { adam } from '../../../src/optim/adam';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';

type Results = Readonly<Record<string, ArrayLike<number>>>;

interface Run {
  readonly bytes: number;
  /** Nodes computed again. */
  readonly again: number;
  /** All pipelines, and those that the device had to make for this run. */
  readonly pipelines: readonly string[];
  readonly made: number;
  readonly results: Results;
}

const reportOf = (program: Program, made: number, results: Results): Run => ({
  bytes: program.bytes,
  again: program.plan.recomputed?.nodes.length ?? 0,
  pipelines: [...new Set(program.plan.launches.map(pipelineKey))].sort(),
  made,
  results,
});

/** What is the same in both, to the bit, and what differs. */
function compare(whole: Run, less: Run) {
  const bits = (data: ArrayLike<number> = []): string =>
    Uint32Array.from(new Uint32Array(Float32Array.from(data).buffer)).join();
  const names = Object.keys(whole.results);
  return {
    bytes: [whole.bytes, less.bytes],
    again: [whole.again, less.again],
    newPipelines: less.pipelines.filter((key) => !whole.pipelines.includes(key)),
    made: less.made,
    compared: names.length,
    different: names.filter((name) => bits(whole.results[name]) !== bits(less.results[name])),
    /** How many numbers are not 0. */
    nonzero: names.reduce(
      (sum, name) => sum + Array.from(whole.results[name] ?? []).filter(Boolean).length,
      0,
    ),
  };
}

/** The least memory that recomputation can come to, in bytes, as the refusal of none says. */
async function least(create: (recompute: RecomputeOptions) => Promise<unknown>): Promise<number> {
  const error: unknown = await create({ memory: 0 }).catch((reason: unknown) => reason);
  if (!(error instanceof LimitError))
    throw new Error(`recompute: no memory at all was not refused; got ${String(error)}`);
  return Number(/give at least (\d+)/.exec(error.advice ?? '')?.[1]);
}

/** A few steps of the small GoogLeNet, dropout and all: losses of each, and gradients and weights after the last. */
async function trainNetwork(engine: Engine, steps: number, recompute?: RecomputeOptions): Promise<Run> {
  const net = googlenet({ classes: 10, batch: 8, inputSize: 80, width: 1 / 8, mode: 'train' });
  const { graph, images } = net;
  const before = engine.pipelines.statistics.count;
  const trainer = await Trainer.create(engine, {
    graph,
    images,
    heads: googlenetHeads(net),
    optimizer: adam(),
    rate: 0.001,
    seed: 5,
    ...(recompute && { recompute }),
  });
  const made = engine.pipelines.statistics.count - before;
  const results: Record<string, ArrayLike<number>> = {};
  for (let step = 0; step < steps; step++) {
    const { losses } = await trainer.step(
      uniform(sizeOf(images.shape), 1, step, 'images'),
      Array.from({ length: 8 }, (_, image) => (3 * image + step) % 10),
    );
    for (const [head, loss] of Object.entries(losses)) results[`step ${step}, loss of ${head}`] = [loss];
  }
  const names = [...graph.variables.keys()];
  const gradients = await trainer.program.readAll(names, 'grad');
  const weights = await trainer.program.readAll(names);
  names.forEach((name, index) => {
    results[`gradient of ${name}`] = gradients[index] ?? [];
    results[name] = weights[index] ?? [];
  });
  const run = reportOf(trainer.program, made, results);
  trainer.destroy();
  return run;
}

/** Training with everything stored, and in the least memory. */
export async function trainInLess(context: JobContext, { steps }: { readonly steps: number }) {
  const engine = await sharedEngine(context);
  const whole = await trainNetwork(engine, steps);
  const memory = await least((recompute) => trainNetwork(engine, 0, recompute));
  return compare(whole, await trainNetwork(engine, steps, { memory }));
}

async function runRandom(engine: Engine, seed: number, recompute?: RecomputeOptions): Promise<Run> {
  const { graph, loss, images } = randomGraph(seed, 18);
  const parameters = await Parameters.create(engine, graph, { seed });
  const gradients = gradientBuffer(engine, graph);
  const reached = images.filter((image) => graph.gradients.has(image));
  const keep = [loss, ...reached.map((image) => graph.gradients.get(image) as Value)];
  const options: ProgramOptions = { parameters, gradients, keep, ...(recompute && { recompute }) };
  try {
    const before = engine.pipelines.statistics.count;
    const program = await Program.create(engine, graph, options);
    const made = engine.pipelines.statistics.count - before;
    for (const { label, shape } of images) program.write(label, uniform(sizeOf(shape), 1, seed, label));
    program.write('labels', Uint32Array.of(3, 1));
    program.run({ step: { seed: 11, step: 2 } });
    const wanted = [...[...graph.variables.values()].map(({ value }) => value), ...reached];
    const found = await program.readAll(wanted, 'grad');
    const results: Record<string, ArrayLike<number>> = { loss: await program.read(loss) };
    wanted.forEach(({ label }, index) => (results[label] = found[index] ?? []));
    const run = reportOf(program, made, results);
    program.destroy();
    return run;
  } finally {
    parameters.destroy();
    gradients.destroy();
  }
}

/** A random network with everything stored, and in the least memory. */
export async function runRandomInLess(context: JobContext, { seed }: { readonly seed: number }) {
  const engine = await sharedEngine(context);
  const whole = await runRandom(engine, seed);
  const memory = await least((recompute) => runRandom(engine, seed, recompute));
  return compare(whole, await runRandom(engine, seed, { memory }));
}
