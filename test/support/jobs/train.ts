import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { readSafetensors } from '../../../src/io/safetensors';
import { loadWeights, saveWeights } from '../../../src/io/weights';
import { Parameters } from '../../../src/runtime/parameters';
import { Classifier, type Classified } from '../../../src/train/classifier';
import type { StepLosses } from '../../../src/train/step_report';

const BATCH = 4;

/** Losses of some steps on the same photos, by trainers that differ in their seed or not. */
export async function trainTwice(
  context: JobContext,
  args: { readonly steps: number; readonly dropout: number },
) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(BATCH);
  const runs: number[][] = [];
  for (const seed of [4, 4, 5]) {
    const trainer = await smallTrainer(engine, BATCH, { seed, dropout: args.dropout, rate: 0.02 });
    const losses: number[] = [];
    for (let step = 0; step < args.steps; step++) losses.push((await trainer.step(images, labels)).total);
    runs.push(losses);
    trainer.destroy();
  }
  return runs;
}

/** Losses of some steps from one generator: in one `fit`, and in two that follow each other. */
export async function fitInParts(context: JobContext, { parts }: { readonly parts: readonly number[][] }) {
  const engine = await sharedEngine(context);
  function* batches() {
    for (let taken = 0; ; taken++) yield smallImages(BATCH, taken);
  }
  const runs: number[][] = [];
  for (const each of parts) {
    const trainer = await smallTrainer(engine, BATCH, { seed: 4, rate: 0.02 });
    const losses: number[] = [];
    const given = batches();
    for (const steps of each)
      await trainer.fit(given, { steps, onStep: ({ total }) => void losses.push(total) });
    runs.push(losses);
    trainer.destroy();
  }
  return runs;
}

/** What `fit` reports, with a schedule and with batches that end or not. */
export async function fit(
  context: JobContext,
  args: { readonly batches: number; readonly steps: number; readonly abortAfter: number | null },
) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, BATCH, { rate: (step) => 0.01 * (step + 1) });
  const controller = new AbortController();
  if (args.abortAfter === 0) controller.abort();
  const seen: StepLosses[] = [];
  let taken = 0;
  function* batches() {
    for (; taken < args.batches; taken++) yield smallImages(BATCH, taken);
  }
  let message = 'no error';
  try {
    await trainer.fit(batches(), {
      steps: args.steps,
      signal: controller.signal,
      onStep: (losses) => {
        seen.push(losses);
        if (seen.length === args.abortAfter) controller.abort();
      },
    });
  } catch (error) {
    message = String(error);
  }
  const { steps } = trainer;
  trainer.destroy();
  return { message, steps, seen };
}

/** The same images by classifiers of batch 4 and in parts of several lengths. */
export async function classify(context: JobContext, args: { readonly counts: readonly number[] }) {
  const engine = await sharedEngine(context);
  const { graph, images, scores } = smallNetwork(BATCH);
  const parameters = await Parameters.create(engine, graph, { seed: 3, initial: 'he' });
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  const photos = smallImages(Math.max(...args.counts)).images;
  const size = photos.length / Math.max(...args.counts);
  const results: (Classified & { progress: number[][] })[] = [];
  for (const count of args.counts) {
    const progress: number[][] = [];
    const onProgress = (...numbers: number[]) => void progress.push(numbers);
    const found = await classifier.run(photos.subarray(0, count * size), { top: 2, onProgress });
    results.push({ ...found, progress });
  }
  const whole = await classifier.run(photos.subarray(0, size));

  const aborted: Record<string, string> = {};
  for (const [when, limit] of Object.entries({ before: 0, during: 1 })) {
    const controller = new AbortController();
    let calls = 0;
    const stop = () => (calls++ >= limit - 1 ? controller.abort() : undefined);
    if (limit === 0) controller.abort();
    aborted[when] = await classifier
      .run(photos, { signal: controller.signal, onProgress: stop })
      .then(() => 'no error', String);
  }
  classifier.destroy();
  parameters.destroy();
  return { results, defaultTop: whole.top[0]?.length, aborted };
}

/** Weights into a file and out again, into parameters that held others. */
export async function roundTrip(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph } = smallNetwork(BATCH);
  const [from, to] = await Promise.all([1, 2].map((seed) => Parameters.create(engine, graph, { seed })));
  if (!from || !to) throw new Error('roundTrip: no parameters');
  // Numbers that a careless conversion would change.
  const bias = Float32Array.of(-0, 1e-45, 3.4e38);
  await from.load(new Map([['fc.bias', { shape: [3], data: bias }]]), { match: 'some' });
  const bytes = await saveWeights(from, { width: '0.125' });
  const { metadata } = await loadWeights(to, bytes);
  const [sent, arrived] = await Promise.all([from.readAll(), to.readAll()]);
  const bits = (data: Float32Array): Uint32Array =>
    new Uint32Array(data.buffer, data.byteOffset, data.length);
  const same = [...sent].map(([name, { data }]) => {
    const other = bits(arrived.get(name)?.data ?? new Float32Array(0));
    return [name, other.length === data.length && bits(data).every((word, i) => word === other[i])] as const;
  });
  const file = readSafetensors(bytes);
  for (const each of [from, to]) each.destroy();
  return {
    metadata,
    same,
    shapes: [...file.tensors].map(([name, { shape, dtype }]) => [name, dtype, shape] as const),
    bias: [...bits(new Float32Array(file.tensors.get('fc.bias')?.data as Float32Array))],
  };
}

/** Trainer and classifier on the same parameters: what the one learns the other uses. */
export async function shareParameters(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(12);
  const trainer = await smallTrainer(engine, 12, { rate: 0.05 });
  const classifier = await Classifier.create(engine, {
    ...smallNetwork(BATCH),
    parameters: trainer.parameters,
  });
  const count = async () => {
    const { top } = await classifier.run(images);
    return top.filter(([best], index) => best?.class === labels[index]).length;
  };
  const before = await count();
  const losses: number[] = [];
  for (let step = 0; step < 30; step++) losses.push((await trainer.step(images, labels)).total);
  const after = await count();
  classifier.destroy();
  trainer.destroy();
  return { before, after, first: losses[0] ?? NaN, last: losses.at(-1) ?? NaN };
}
