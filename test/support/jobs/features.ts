import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { CLASSES, IMAGE, smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { sizeOf } from '../../../src/core/shape';
import { TARGETS } from '../../../src/core/targets';
import { Graph } from '../../../src/graph/graph';
import { estimate } from '../../../src/graph/memory/estimate';
import { layers } from '../../../src/models/layers';
import { exponentialAverage } from '../../../src/optim/average';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { Classifier } from '../../../src/train/classifier';
import { evaluate } from '../../../src/train/evaluate';
import type { Batch, Batches, Epoch, FitOptions } from '../../../src/train/fit';
import { LossGradients } from '../../../src/train/loss_gradients';

const BATCH = 4;
const LENGTH = sizeOf(IMAGE);

/** Images from `first` on, `count` of them, of one set. */
const ALL = smallImages(12, 5);
const some = (first: number, count: number) => ({
  images: ALL.images.slice(first * LENGTH, (first + count) * LENGTH),
  labels: ALL.labels.slice(first, first + count),
});

/** Outputs of layers by a classifier of batch 4, of six photos, and by a program that keeps everything. */
export async function keptLayers(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const network = smallNetwork(BATCH);
  const parameters = await Parameters.create(engine, network.graph, { seed: 3, initial: 'he' });
  const make = (keep: readonly string[]) => Classifier.create(engine, { ...network, parameters, keep });
  const names = ['conv1', 'flat'];
  const classifier = await make(names);
  const { kept, scores } = await classifier.run(some(0, 6).images);
  classifier.destroy();
  const program = await Program.create(engine, network.graph, {
    parameters,
    keep: [...names, network.scores],
  });
  const found: number[][] = [[], [], []];
  for (const { images } of [some(0, 4), some(4, 4)]) {
    program.write('images', images);
    program.run();
    (await program.readAll([...names, 'fc'])).forEach((data, at) => found[at]?.push(...data));
  }
  program.destroy();
  const messages = await attempt({
    'an unknown layer': () => make(['conv3']),
    'a weight': () => make(['fc.weight']),
    'a program, an unknown layer': () =>
      Program.create(engine, network.graph, { parameters, keep: ['conv3'] }),
  });
  parameters.destroy();
  return { kept, scores, found, messages };
}

/** Evaluations of a trainer and classifiers, and what they come to by hand. */
export async function evaluations(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const average = exponentialAverage({ decay: 0.5 });
  const trainer = await smallTrainer(engine, BATCH, { dropout: 0.5, average });
  const [a, b, c] = [some(0, 4), some(4, 7), some(11, 1)];
  for (let step = 0; step < 3; step++) await trainer.step(a.images, a.labels);
  const { parameters } = trainer;
  const classifier = await Classifier.create(engine, { ...smallNetwork(BATCH), parameters });
  const progress: number[] = [];
  const live = engine.counters.snapshot().liveBuffers;
  const now = await evaluate(trainer, [a, b, c], { onProgress: (done) => void progress.push(done) });
  const averaged = await evaluate(trainer, [a, b, c], { averaged: true });
  const left = engine.counters.snapshot().liveBuffers - live;
  async function* later() {
    for (const batch of [some(0, 12)]) yield await Promise.resolve(batch);
  }
  const whole = await evaluate(classifier, later());
  const stop = new AbortController();
  const messages = await attempt({
    'a label beyond the classes': () => evaluate(classifier, [{ ...a, labels: [0, 1, 2, CLASSES] }]),
    'a label too few': () => evaluate(trainer, [{ ...a, labels: [0, 1, 2] }]),
    'no batches': () => evaluate(trainer, []),
    'an average of a classifier': () => evaluate(classifier, [a], { averaged: true }),
    'an average that nobody keeps': async () => {
      const plain = await smallTrainer(engine, BATCH);
      await evaluate(plain, [a], { averaged: true }).finally(() => plain.destroy());
    },
    'images that are none': () => evaluate(trainer, [{ ...a, images: a.images.subarray(1) }]),
    stopped: () => evaluate(trainer, [a, b], { signal: stop.signal, onProgress: () => stop.abort() }),
  });
  const { scores } = await classifier.run(ALL.images);
  for (const each of [classifier, trainer]) each.destroy();
  return { now, averaged, whole, progress, messages, scores, labels: [...ALL.labels], left };
}

/** Seven classes, so that five guesses can miss. */
export async function topFive(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [BATCH, ...IMAGE]);
  const scores = net.linear('fc', net.flatten('flat', images), { features: 7 });
  const parameters = await Parameters.create(engine, graph, { seed: 6 });
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  const labels = Array.from({ length: 12 }, (_, image) => image % 7);
  const { top } = await classifier.run(ALL.images, { top: 5 });
  const found = await evaluate(classifier, [{ images: ALL.images, labels }]);
  classifier.destroy();
  parameters.destroy();
  const ranks = top.map((guesses, image) => guesses.findIndex((guess) => guess.class === labels[image]));
  return { found, ranks };
}

const BATCHES: readonly Batch[] = [some(0, 4), some(4, 4), some(8, 4)];

/** What `fit` reports of epochs, from batches of several kinds, and what it refuses. */
export async function epochs(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const run = async (
    batches: Batches | ((epoch: number) => Batches),
    options: Omit<FitOptions, 'onStep' | 'onEpoch'>,
  ) => {
    const trainer = await smallTrainer(engine, BATCH);
    const [losses, told]: [number[], Epoch[]] = [[], []];
    await trainer.fit(batches, {
      ...options,
      onStep: ({ total }) => void losses.push(total),
      ...(options.epochs !== undefined && { onEpoch: (epoch) => void told.push(epoch) }),
    });
    trainer.destroy();
    return { losses, told };
  };
  function* generated() {
    yield* BATCHES;
  }
  async function* later(epoch: number) {
    for (const batch of epoch === 0 ? BATCHES : BATCHES.slice(0, 1)) yield await Promise.resolve(batch);
  }
  const array = await run(BATCHES, { epochs: 2 });
  const steps = await run([...BATCHES, ...BATCHES], { steps: 6 });
  const shorter = await run(later, { epochs: 2 });
  const set = await run(new Set(BATCHES), { epochs: 2 });
  const one = generated();
  let profiles = 0;
  const none = await run(BATCHES, { epochs: 2, onProfile: () => ((profiles += 1), undefined) });
  const stop = new AbortController();
  const messages = await attempt({
    'a generator': () => run(generated(), { epochs: 2 }),
    'an async generator': () => run(later(0), { epochs: 2 }),
    'a function that gives a generator twice': () => run(() => one, { epochs: 2 }),
    'no batches': () => run([], { epochs: 1 }),
    both: () => run(BATCHES, { epochs: 1, steps: 1 }),
    neither: () => run(BATCHES, {}),
    'a function for steps': () => run(() => BATCHES, { steps: 1 }),
    'onEpoch for steps': () => smallFit({ steps: 1, onEpoch: () => undefined }),
    stopped: () => smallFit({ epochs: 9, signal: stop.signal, onEpoch: () => stop.abort() }),
  });
  async function smallFit(options: FitOptions) {
    const trainer = await smallTrainer(engine, BATCH);
    await trainer.fit(BATCHES, options).finally(() => trainer.destroy());
  }
  // The end of an epoch, kept and gone on from.
  const bits = async (from: number, resume?: Awaited<ReturnType<typeof first.checkpoint>>) => {
    const trainer = await smallTrainer(engine, BATCH, { dropout: 0.5, ...(resume && { resume }) });
    await trainer.fit((epoch) => BATCHES.toSpliced(0, epoch + from), { epochs: 2 - from });
    const { weights, step } = await trainer.checkpoint();
    trainer.destroy();
    return { step, weights: [...weights.values()].flatMap(({ data }) => [...data]) };
  };
  const first = await smallTrainer(engine, BATCH, { dropout: 0.5 });
  let kept: Awaited<ReturnType<typeof first.checkpoint>> | undefined;
  await first.fit(BATCHES, { epochs: 1, onEpoch: async () => void (kept = await first.checkpoint()) });
  first.destroy();
  const [whole, resumed] = [await bits(0), await bits(1, kept)];
  return { array, steps, shorter, set, none, profiles, messages, whole, resumed };
}

/** Gradients by name, with finite differences of the loss, and those of a trainer. */
export async function lossGradients(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph, images, scores } = smallNetwork(BATCH, 0.5);
  const heads = [{ name: 'main', scores, weight: 2 }];
  const parameters = await Parameters.create(engine, graph, { seed: 3, initial: 'he' });
  const make = (of: readonly string[], more: object = {}) =>
    LossGradients.create(engine, { graph, images, heads, parameters, of, ...more });
  const live = engine.counters.snapshot().liveBytes;
  const alone = await make(['images']);
  const bytes = engine.counters.snapshot().liveBytes - live;
  const gradients = await make(['images', 'pool1', 'conv2.weight', 'fc.bias']);
  const { images: photos, labels } = some(0, 4);
  const found = await gradients.run(photos, labels);
  const again = await alone.run(photos, labels);
  const both = await Promise.all([alone.run(photos, labels), alone.run(some(4, 4).images, labels)]);
  const differences: { at: number; difference: number }[] = [];
  for (let at = 5; at < photos.length; at += 61) {
    const lossAt = async (shift: number) => {
      const { losses } = await alone.run(photos.with(at, (photos[at] ?? 0) + shift), labels);
      return 2 * (losses['main'] ?? NaN);
    };
    differences.push({ at, difference: (await lossAt(0.01)) / 0.02 - (await lossAt(-0.01)) / 0.02 });
  }
  const plain = smallNetwork(BATCH);
  const trainer = await smallTrainer(engine, BATCH, {
    ...plain,
    heads: [{ name: 'main', scores: plain.scores, weight: 2 }],
    parameters,
  });
  const before = await gradients.run(photos, labels);
  await trainer.step(photos, labels);
  const trained = {
    'conv2.weight': await trainer.program.read('conv2.weight', 'grad'),
    'fc.bias': await trainer.program.read('fc.bias', 'grad'),
  };
  const messages = await attempt({
    'an unknown name': () => make(['photo']),
    'what no loss depends on': () => make(['labels']),
    'a label beyond the classes': () => alone.run(photos, [0, 1, 2, CLASSES]),
    'images of another batch': () => alone.run(some(0, 3).images, [0, 1, 2]),
  });
  const slots = estimate(alone.program.graph, { target: TARGETS.swiftshader }).bytes;
  for (const each of [trainer, alone, gradients, parameters]) each.destroy();
  return { found, again, both, differences, before, trained, messages, slots, bytes };
}
