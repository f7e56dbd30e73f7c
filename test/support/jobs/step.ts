import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { CLASSES, smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { NotFiniteError } from '../../../src/core/errors';
import { sizeOf } from '../../../src/core/shape';
import { submit, writeBuffer } from '../../../src/gpu/commands';
import { Graph } from '../../../src/graph/graph';
import { saveWeights } from '../../../src/io/weights';
import { layers } from '../../../src/models/layers';
import { readBuffer } from '../../../src/runtime/buffers';
import { Parameters } from '../../../src/runtime/parameters';
import { searchNotFinite } from '../../../src/runtime/search_not_finite';
import { Update } from '../../../src/runtime/update';
import { Classifier } from '../../../src/train/classifier';
import type { Batch } from '../../../src/train/fit';
import type { Trainer } from '../../../src/train/trainer';
import type { TrainerOptions } from '../../../src/train/trainer_options';
import { adam } from '../../../src/optim/adam';
import { sgd } from '../../../src/optim/sgd';
import { optimizerOf } from '../../../src/train/recipes';

const BATCH = 4;

/** Trains without anybody who listens, and tells how many steps were done. */
export async function silentFit(context: JobContext, { steps }: { readonly steps: number }) {
  const trainer = await smallTrainer(await sharedEngine(context), BATCH);
  await trainer.fit(Array<Batch>(steps).fill(smallImages(BATCH)), { steps });
  const done = trainer.steps;
  trainer.destroy();
  trainer.parameters.destroy();
  return done;
}

/** What the device itself was asked for, beside the engine's own counters, in some steps after the first ones. */
export async function countedSteps(
  context: JobContext,
  { steps, microBatches }: { readonly steps: number; readonly microBatches: number },
) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, BATCH, { microBatches });
  const { images, labels } = smallImages(BATCH * microBatches);
  for (let step = 0; step < 3; step++) await trainer.step(images, labels);
  const before = engine.counters.snapshot();
  const pipelines = engine.pipelines.statistics.count;
  const asked = spy(context.device);
  for (let step = 0; step < steps; step++) await trainer.step(images, labels);
  asked.stop();
  const after = engine.counters.snapshot();
  const counted = Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - before[name as keyof typeof before]]),
  );
  const { dispatches } = trainer.program;
  const found = {
    counted,
    asked: asked.counts,
    pipelines: engine.pipelines.statistics.count - pipelines,
    expected: { program: dispatches, update: trainer.update.dispatches, report: trainer.update.report.size },
  };
  trainer.destroy();
  return found;
}

/** Counts calls of a device and its queue, by way of their prototypes. */
function spy(device: GPUDevice) {
  const counts: Record<string, number> = {};
  const restore: (() => void)[] = [];
  const watch = (owner: object, method: string, count: (args: unknown[]) => number): void => {
    const methods = Object.getPrototypeOf(owner) as Record<string, (...args: unknown[]) => unknown>;
    const original = methods[method] as (...args: unknown[]) => unknown;
    counts[method] = 0;
    methods[method] = function (this: unknown, ...args: unknown[]) {
      counts[method] = (counts[method] ?? 0) + count(args);
      return original.apply(this, args);
    };
    restore.push(() => void (methods[method] = original));
  };
  const one = (): number => 1;
  for (const method of ['createBuffer', 'createBindGroup', 'createComputePipelineAsync']) {
    watch(device, method, one);
  }
  watch(device.queue, 'submit', one);
  watch(device.queue, 'writeBuffer', ([, , data]) => (data as ArrayBufferView).byteLength);
  const pass = device.createCommandEncoder().beginComputePass();
  watch(pass, 'dispatchWorkgroups', one);
  return { counts, stop: () => restore.forEach((undo) => undo()) };
}

/** The same batches, whole and in parts: losses, norms and the weights after them. */
export async function inParts(
  context: JobContext,
  args: { readonly batch: number; readonly parts: readonly number[]; readonly kind: 'sgd' | 'adam' },
) {
  const engine = await sharedEngine(context);
  const results = [];
  for (const microBatches of args.parts) {
    const trainer = await smallTrainer(engine, args.batch / microBatches, {
      microBatches,
      dropout: 0.5,
      optimizer: optimizerOf({ optimizer: args.kind }),
      rate: args.kind === 'sgd' ? 0.05 : 0.002,
    });
    const losses: number[] = [];
    const norms: number[] = [];
    for (let step = 0; step < 4; step++) {
      const { images, labels } = smallImages(args.batch, step);
      const { total, gradientNorm } = await trainer.step(images, labels);
      losses.push(total);
      norms.push(gradientNorm);
    }
    results.push({ losses, norms, weights: await weightsOf(trainer), batch: trainer.batch });
    trainer.destroy();
  }
  return results;
}

async function weightsOf(trainer: Trainer): Promise<number[]> {
  const all = await trainer.parameters.readAll();
  return [...all.values()].flatMap(({ data }) => [...data]);
}

/** One step without momentum: gradients, their norm, and the weights before and after, with several limits. */
export async function clipped(context: JobContext, { shares }: { readonly shares: readonly number[] }) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(BATCH);
  const run = async (clip?: number) => {
    const options: Partial<TrainerOptions> = { optimizer: sgd(), rate: 0.5 };
    const trainer = await smallTrainer(engine, BATCH, { ...options, ...(clip !== undefined && { clip }) });
    const before = await weightsOf(trainer);
    const { gradientNorm } = await trainer.step(images, labels);
    const names = [...trainer.program.graph.variables.keys()];
    const gradients = (await trainer.program.readAll(names, 'grad')).flatMap((each) => [...each]);
    const after = await weightsOf(trainer);
    trainer.destroy();
    return { gradientNorm, gradients, before, after };
  };
  const free = await run();
  const limited = [];
  for (const share of shares) limited.push(await run(free.gradientNorm * share));
  return { free, limited };
}

/** The norm that an update reports for given gradients of a layer of `features` x `features`. */
export async function normOfMany(
  context: JobContext,
  args: { readonly features: number; readonly gradients: ArrayLike<number> },
) {
  const engine = await sharedEngine(context);
  const graph = new Graph();
  layers(graph).linear('fc', graph.input('x', [1, args.features]), { features: args.features });
  const parameters = await Parameters.create(engine, graph);
  const update = await Update.create(parameters, sgd({ momentum: 0.9 }));
  writeBuffer(engine, update.gradients.buffer, 0, Float32Array.from(args.gradients));
  const encoder = context.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  update.encode(pass, { rate: 0.1 });
  pass.end();
  submit(engine, encoder);
  const report = new Float32Array(await readBuffer(engine, update.report));
  update.destroy();
  parameters.destroy();
  return report[0] ?? NaN;
}

/** Steps of Adam without an epsilon: words of all weights, padding included, that are not finite, and what is found. */
export async function withoutEpsilon(context: JobContext, { steps }: { readonly steps: number }) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, BATCH, { optimizer: adam({ epsilon: 0 }), rate: 0.001 });
  const { images, labels } = smallImages(BATCH);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await trainer.step(images, labels)).total);
  const { parameters, program } = trainer;
  const words = new Float32Array(await readBuffer(engine, parameters.buffer));
  const own = [...parameters.layout.places.values()].reduce(
    (sum, { rows, columns }) => sum + rows * columns,
    0,
  );
  const found = await searchNotFinite(program, {});
  trainer.destroy();
  const notFinite = words.filter((word) => !Number.isFinite(word)).length;
  return { losses, notFinite, padding: words.length - own, found: found ?? null };
}

/** What makes a step's numbers too large, and what is said of it. */
const FAULTS: Readonly<Record<string, (trainer: Trainer) => Promise<Float32Array>>> = {
  'a weight': async (trainer) => {
    await change(trainer, 'conv2.weight', (data) => (data[3] = NaN));
    return smallImages(BATCH).images;
  },
  forward: async (trainer) => {
    await change(trainer, 'conv1.weight', (data) => data.fill(1e25));
    await change(trainer, 'conv2.weight', (data) => data.fill(1e25));
    return smallImages(BATCH).images.map(Math.abs);
  },
  backward: async (trainer) => {
    // Scores of about 1e9, gradients above 1e38 that overflow once they are added up.
    await change(trainer, 'conv2.weight', (data) => data.fill(1e-31));
    await change(trainer, 'fc.weight', (data) =>
      data.forEach((_, i) => (data[i] = [-3e38, 3e38, 0][Math.floor((i * 3) / data.length)]!)),
    );
    return smallImages(BATCH).images.map(Math.abs);
  },
  'the loss alone': async (trainer) => {
    // Scores that differ by more than float32 holds, without a part in the gradients.
    await change(trainer, 'fc.bias', (data) => data.set([3e38, -3e38, 0]));
    return smallImages(BATCH).images;
  },
  'the norm alone': () => Promise.resolve(smallImages(BATCH).images.map((number) => number * 1e25)),
};

async function change(trainer: Trainer, name: string, edit: (data: Float32Array) => unknown): Promise<void> {
  const tensor = (await trainer.parameters.readAll()).get(name);
  if (!tensor) throw new Error(`no ${name}`);
  edit(tensor.data);
  trainer.parameters.write(new Map([[name, tensor]]));
}

export async function halts(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const results: Record<string, unknown> = {};
  for (const [what, plant] of Object.entries(FAULTS)) {
    const trainer = await smallTrainer(engine, BATCH, { rate: 0.01 });
    const { images, labels } = smallImages(BATCH);
    await trainer.step(images, labels);
    const wrong = await plant(trainer);
    const before = await saveWeights(trainer.parameters);
    // A good step is already under way behind the bad one.
    const steps = [trainer.step(wrong, labels), trainer.step(images, labels)];
    const [bad, good] = await Promise.allSettled(steps);
    const after = await saveWeights(trainer.parameters);
    const error = bad?.status === 'rejected' ? (bad.reason as unknown) : undefined;
    results[what] = {
      message: String(error),
      found: error instanceof NotFiniteError ? (error.found ?? null) : 'another error',
      atStep: error instanceof NotFiniteError ? error.step : NaN,
      next: good?.status,
      unchanged: before.every((byte, index) => byte === after[index]),
      steps: trainer.steps,
      again: String(await trainer.step(images, labels).catch((found: unknown) => found)),
    };
    trainer.destroy();
  }
  return results;
}

/** Destroyed twice, used afterwards; too many steps at once; options that make no sense. */
export async function misuse(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(BATCH);
  const live = () => [engine.counters.liveBuffers, engine.counters.liveBytes];
  const before = live();
  const trainer = await smallTrainer(engine, BATCH);
  const under = [trainer.step(images, labels), trainer.step(images, labels)];
  const tooMany = await attempt({ third: () => trainer.step(images, labels) });
  await Promise.all(under);
  const during = live();
  trainer.destroy();
  trainer.destroy();
  const after = live();
  const messages = await attempt({
    step: () => trainer.step(images, labels),
    encode: () => trainer.program.run(),
    read: () => trainer.program.read('fc'),
    'no micro-batch': () => smallTrainer(engine, BATCH, { microBatches: 0 }),
    'half a step in flight': () => smallTrainer(engine, BATCH, { stepsInFlight: 0.5 }),
    'clip to nothing': () => smallTrainer(engine, BATCH, { clip: 0 }),
    'one part of the batch': async () => {
      const parted = await smallTrainer(engine, BATCH, { microBatches: 2 });
      try {
        await parted.step(images, labels);
      } finally {
        parted.destroy();
      }
    },
  });
  return { before, during, after, tooMany, messages, size: sizeOf([BATCH, CLASSES]) };
}

/** Weights of trainers that take turns on one device, and of each alone; a classifier runs between their steps. */
export async function takingTurns(context: JobContext, { steps }: { readonly steps: number }) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(BATCH);
  const train = async (seeds: readonly number[]): Promise<number[][]> => {
    const trainers = await Promise.all(
      seeds.map((seed) => smallTrainer(engine, BATCH, { seed, dropout: 0.5 })),
    );
    const [first] = trainers;
    const net = smallNetwork(2);
    const classifier = first && (await Classifier.create(engine, { ...net, parameters: first.parameters }));
    for (let step = 0; step < steps; step++) {
      await Promise.all([
        ...trainers.map((trainer) => trainer.step(images, labels)),
        classifier?.run(images),
      ]);
    }
    const weights = await Promise.all(trainers.map(weightsOf));
    classifier?.destroy();
    for (const trainer of trainers) trainer.destroy();
    return weights;
  };
  return { together: await train([1, 2]), alone: [await train([1]), await train([2])].flat() };
}
