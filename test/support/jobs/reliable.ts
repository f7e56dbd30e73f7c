import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { attempt } from '../attempt';
import { BATCH, batches, differing, network, type Setup } from '../resumable';
import { smallImages } from '../small_trainer';
import { openEngine, type Engine } from '../../../src/gpu/engine';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../../src/io/checkpoint';
import { trainReliably, type ReliableOptions } from '../../../src/train/reliable';
import { Trainer } from '../../../src/train/trainer';

/** An engine on a device of its own, to be lost or confused. */
const ownEngine = async ({ gpu }: JobContext): Promise<Engine> =>
  openEngine({ adapter: (await gpu.requestAdapter()) as GPUAdapter });

/** N + M steps, and N, a file, another trainer that began elsewhere, M steps. */
export async function resumed(
  context: JobContext,
  args: { readonly setup: Setup; readonly before: number; readonly after: number; readonly fault?: string },
) {
  const engine = await sharedEngine(context);
  const { setup, before, after } = args;
  const whole = await Trainer.create(engine, network(setup));
  await whole.fit(batches(0), { steps: before + after });
  const expected = await whole.checkpoint();

  const first = await Trainer.create(engine, network(setup));
  await first.fit(batches(0), { steps: before });
  const bytes = writeCheckpoint(await first.checkpoint({ settings: { name: 'a run' } }));
  first.destroy();
  const resume = readCheckpoint(bytes);
  const second = await Trainer.create(engine, { ...network(setup, 99), resume });
  const { warning, steps } = second;
  await second.fit(batches(second.steps), { steps: after });
  const found = await second.checkpoint({ settings: { name: 'a run' } });

  const moved = differing(expected, resume).length;
  const elsewhere = await Trainer.create(engine, {
    ...network(setup),
    resume: {
      ...resume,
      plan: { ...resume.plan, choices: mapValues(resume.plan.choices, () => 'quad 1x1') },
    },
  });
  const other = await Trainer.create(engine, {
    ...network(setup),
    resume: { ...resume, adapter: { name: 'another adapter', browser: resume.adapter.browser } },
  });
  const clipped = await Trainer.create(engine, { ...network(setup), resume, clip: 1 });
  const report = {
    differing: differing(expected, found),
    moved,
    tensors: expected.weights.size * (1 + expected.slots.size),
    steps,
    step: found.step,
    warning: warning ?? null,
    warnings: {
      kernels: elsewhere.warning ?? null,
      adapter: other.warning ?? null,
      clip: clipped.warning ?? null,
    },
    settings: resume.settings,
    bytes: bytes.length,
  };
  for (const trainer of [whole, second, elsewhere, other, clipped]) trainer.destroy();
  return report;
}

const mapValues = <T>(record: Readonly<Record<string, T>>, change: (value: T) => T) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** Checkpoints of other networks and optimizers, and of a halted run. */
export async function foreignCheckpoints(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const setup: Setup = { optimizer: 'sgd', microBatches: 1, dropout: 0 };
  const trainer = await Trainer.create(engine, network(setup));
  const good = await trainer.checkpoint();
  const groups = [{ match: 'conv2.*', trainable: false }];
  const freezing = await Trainer.create(engine, { ...network(setup), groups });
  const frozen = await freezing.checkpoint();
  freezing.destroy();
  const create = (resume: Checkpoint, options = network(setup)) =>
    Trainer.create(engine, { ...options, resume });
  const without = (name: string) => new Map([...good.weights].filter(([each]) => each !== name));
  const reshaped = new Map(good.weights).set('fc.bias', { shape: [2], data: new Float32Array(2) });
  const extra = new Map(good.weights).set('fc9.bias', { shape: [2], data: new Float32Array(2) });
  const before = engine.counters.liveBuffers;
  const messages = await attempt({
    optimizer: () => create(good, network({ ...setup, optimizer: 'adam' })),
    'a weight less': () => create({ ...good, weights: without('fc.bias') }),
    'a weight more': () => create({ ...good, weights: extra }),
    'more frozen': () => create(good, { ...network(setup), groups }),
    'less frozen': () => create(frozen),
    'another shape': () => create({ ...good, weights: reshaped }),
  });
  const left = engine.counters.liveBuffers - before;
  trainer.destroy();
  return { messages, left };
}

/** Devices of their own, which `lose` destroys at certain steps. */
export async function survives(
  context: JobContext,
  args: {
    readonly setup: Setup;
    readonly steps: number;
    readonly loseAt: readonly number[];
    readonly every: ReliableOptions['every'];
  },
) {
  const { setup, steps, loseAt, every } = args;
  const opened: Engine[] = [];
  const open = async () => {
    const engine = await ownEngine(context);
    opened.push(engine);
    return engine;
  };
  const build = () => network(setup);
  const plain = { open, build, batches, steps };
  const expected = await trainReliably(plain);
  const before = opened.length;

  const left = new Set(loseAt);
  const seen: number[] = [];
  const losses: { step: number; from: number; error: string }[] = [];
  const kept: number[] = [];
  const run = await trainReliably({
    ...plain,
    ...(every && { every }),
    onStep: ({ step }) => {
      seen.push(step);
      // The next step is on its way.
      if (left.delete(step)) opened.at(-1)?.device.destroy();
    },
    onCheckpoint: ({ step }) => void kept.push(step),
    onLost: ({ step, from, error }) => void losses.push({ step, from, error: String(error) }),
  });
  return {
    differing: differing(expected.checkpoint, run.checkpoint),
    step: run.checkpoint.step,
    lost: run.lost,
    losses,
    kept,
    seen,
    devices: opened.length - before,
    live: opened.map(({ counters }) => counters.liveBuffers),
  };
}

/** Where devices cannot be had any more, or are lost again and again; a signal; batches that end. */
export async function givesUp(context: JobContext, _args: null) {
  const setup: Setup = { optimizer: 'sgd', microBatches: 1, dropout: 0 };
  const base: ReliableOptions = {
    open: () => ownEngine(context),
    build: () => network(setup),
    batches,
    steps: 6,
    retries: 2,
  };
  const controller = new AbortController();
  let last: Checkpoint | undefined;
  let handedOver: number | undefined;
  const messages = await attempt({
    'lost each time': () =>
      trainReliably({
        ...base,
        onTrainer: ({ engine }) => engine.device.destroy(),
      }),
    stopped: () =>
      trainReliably({
        ...base,
        signal: controller.signal,
        onStep: ({ step }) => (step === 2 ? controller.abort() : undefined),
        onDone: (trainer) => void (handedOver = trainer.steps),
        onCheckpoint: (checkpoint) => void (last = checkpoint),
      }),
    'wrong steps': () => trainReliably({ ...base, steps: -1 }),
    'a store that fails': () =>
      trainReliably({
        ...base,
        onCheckpoint: () => {
          throw new Error('the disk is full');
        },
      }),
  });
  const twoBatches = [smallImages(BATCH), smallImages(BATCH)];
  const ended = await trainReliably({ ...base, batches: (done) => twoBatches.slice(done) });
  return { messages, stoppedAt: last?.step, handedOver, endedAt: ended.checkpoint.step };
}

/** A command that the device refuses while nobody listens, then steps; and a device of somebody else's. */
export async function refusedCommand(context: JobContext, _args: null) {
  const engine = await ownEngine(context);
  const trainer = await Trainer.create(engine, network({ optimizer: 'sgd', microBatches: 1, dropout: 0 }));
  const { images, labels } = smallImages(BATCH);
  await trainer.step(images, labels);
  engine.device.createBuffer({ label: 'faulty', size: 4, usage: 0x8000 });
  await engine.device.queue.onSubmittedWorkDone();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const messages = await attempt({
    first: () => trainer.step(images, labels),
    second: () => trainer.step(images, labels),
  });
  trainer.destroy();
  engine.destroy();
  return messages;
}
