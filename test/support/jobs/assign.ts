import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../../src/io/checkpoint';
import { NotFiniteError } from '../../../src/core/errors';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { PER_CHANNEL } from '../../../src/ops/bias';
import { adam } from '../../../src/optim/adam';
import { Parameters } from '../../../src/runtime/parameters';
import { Trainer } from '../../../src/train/trainer';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { differing } from '../resumable';
import { centredNetwork, nextMean, IMAGE } from '../running_mean';
import { CLASSES } from '../small_trainer';

const BATCH = 4;
const STEPS = 10;
/** The step that is halted, and goes on from a checkpoint. */
const HALTED = 6;

const photos = (step: number): Float32Array => uniform(BATCH * sizeOf(IMAGE), 1, 3, `images ${step}`);
const labels = Uint32Array.of(0, 1, 2, 0);

const bits = (numbers: ArrayLike<number>): number[] => [
  ...new Uint32Array(Float32Array.from(numbers).buffer),
];

/** Ten steps in which the forward part assigns a mean: at once, and with a halted step after which another trainer goes on. */
export async function assignedMean(
  context: JobContext,
  { microBatches, share }: { readonly microBatches: number; readonly share: number | null },
) {
  const engine = await sharedEngine(context);
  const create = async (memory?: number, resume?: Checkpoint) =>
    Trainer.create(engine, {
      ...centredNetwork(BATCH / microBatches),
      optimizer: adam(),
      microBatches,
      ...(memory !== undefined && { recompute: { memory } }),
      ...(resume && { resume }),
    });
  const meanOf = async (trainer: Trainer) => (await trainer.parameters.readAll()).get('mean')?.data ?? [];

  const probe = await create();
  const memory = share === null ? undefined : probe.program.bytes * share;
  probe.destroy();
  const whole = await create(memory);
  for (let step = 0; step < STEPS; step++) await whole.step(photos(step), labels);
  const expected = await whole.checkpoint();

  const first = await create(memory);
  for (let step = 0; step < HALTED; step++) await first.step(photos(step), labels);
  const file = writeCheckpoint(await first.checkpoint());
  const before = bits(await meanOf(first));
  // Of the second micro-batch, if there are two: the first's mean is right, and discarded all the same.
  const huge = photos(HALTED).map((value, at, { length }) => (at < length / 2 ? value : value * 3e38));
  const error = await first.step(huge, labels).catch((thrown: unknown) => thrown);
  const halted = {
    error: error instanceof NotFiniteError ? error.message : String(error),
    kept: String(bits(await meanOf(first))) === String(before),
  };
  first.destroy();
  const second = await create(memory, readCheckpoint(file));
  for (let step = HALTED; step < STEPS; step++) await second.step(photos(step), labels);
  const found = await second.checkpoint();

  let mean: Float32Array = Float32Array.of(1, 1, 1);
  for (let step = 0; step < STEPS; step++) {
    const size = (BATCH / microBatches) * sizeOf(IMAGE);
    for (let part = 0; part < microBatches; part++) {
      mean = nextMean(mean, photos(step).subarray(part * size, (part + 1) * size));
    }
  }
  const report = {
    recomputed: whole.program.plan.recomputed?.nodes.map(({ label }) => label) ?? [],
    mean: bits(found.weights.get('mean')?.data ?? []),
    loop: bits(mean),
    differing: differing(expected, found),
    moved: differing(expected, readCheckpoint(file)).length,
    warning: second.warning ?? null,
    halted,
  };
  for (const trainer of [whole, second]) trainer.destroy();
  return report;
}

/** The mean after a first step that is profiled: on the GPU, and by a loop on the CPU. */
export async function profiledMean(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const trainer = await Trainer.create(engine, { ...centredNetwork(BATCH), optimizer: adam() });
  await trainer.profileStep(photos(0), labels);
  const mean = (await trainer.parameters.readAll()).get('mean')?.data ?? [];
  trainer.destroy();
  return { mean: bits(mean), loop: bits(nextMean([1, 1, 1], photos(0))) };
}

/** Adds up its photos, beside classes of what is bright in them: the sum may overflow where no loss and no gradient does. */
function summingNetwork(batch: number) {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [batch, ...IMAGE]);
  const sum = graph.variable({ name: 'sum', shape: images.shape, trainable: false });
  graph.assign(sum, net.add('next_sum', images, sum));
  const flat = net.flatten('flat', net.relu('bright', images));
  const scores = net.linear('fc', flat, { features: CLASSES });
  return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
}

/** Dark photos, until their sum overflows: after how many steps, what is said of it, and the largest sum that is left. */
export async function overflowingSum(
  context: JobContext,
  { microBatches }: { readonly microBatches: number },
) {
  const engine = await sharedEngine(context);
  const network = summingNetwork(BATCH / microBatches);
  const trainer = await Trainer.create(engine, { ...network, optimizer: adam(), microBatches });
  const dark = new Float32Array(BATCH * sizeOf(IMAGE)).fill(-2e38);
  let error: unknown;
  for (let step = 0; step < 3 && error === undefined; step++) {
    error = await trainer.step(dark, labels).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  }
  const sums = (await trainer.parameters.readAll()).get('sum')?.data ?? [];
  const report = { steps: trainer.steps, error: String(error), least: Math.min(...sums) };
  trainer.destroy();
  return report;
}

/** A step of parameters that another graph has laid out: there the mean lies beside another variable. */
export async function assignedBeside(context: JobContext, _args: object) {
  const engine = await sharedEngine(context);
  const network = centredNetwork(BATCH);
  const other = new Graph();
  const beside = { order: PER_CHANNEL, merge: 'statistics', trainable: false };
  other.variable({ name: 'before', shape: [5], initial: 7, ...beside });
  for (const [name, { variable }] of network.graph.variables) {
    other.variable({ ...variable, ...(name === 'mean' && beside) });
  }
  const parameters = await Parameters.create(engine, other);
  const trainer = await Trainer.create(engine, { ...network, optimizer: adam(), parameters });
  await trainer.step(photos(0), labels);
  const found = await parameters.readAll();
  trainer.destroy();
  parameters.destroy();
  return {
    mean: bits(found.get('mean')?.data ?? []),
    loop: bits(nextMean([1, 1, 1], photos(0))),
    before: found.get('before')?.data,
  };
}
