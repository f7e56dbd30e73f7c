import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { openEngine } from '../../../src/gpu/engine';
import { loadWeights, saveWeights } from '../../../src/io/weights';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';
import { copyToBuffer } from '../../../src/runtime/copy_to_buffer';
import { fromBuffer } from '../../../src/runtime/from_buffer';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { SingleOp } from '../../../src/runtime/single_op';
import { Update } from '../../../src/runtime/update';
import { relu } from '../../../src/ops/relu';
import { equalAverage } from '../../../src/optim/average';
import { sgd } from '../../../src/optim/sgd';
import { Classifier } from '../../../src/train/classifier';
import { evaluate } from '../../../src/train/evaluate';
import { LossGradients } from '../../../src/train/loss_gradients';

const BATCH = 2;

/** A device of its own, whose refusals are the engine's. */
const ownEngine = async ({ gpu }: JobContext) =>
  openEngine({ adapter: (await gpu.requestAdapter()) as GPUAdapter });

/** What each public method says of an object that was destroyed, or that was given what was destroyed. */
export async function useDestroyed(context: JobContext, _args: null) {
  const engine = await ownEngine(context);
  const { graph, images, scores } = smallNetwork(BATCH);
  const photos = smallImages(BATCH);
  const encoder = () => engine.device.createCommandEncoder();
  const messages: Record<string, Record<string, string>> = {};
  const table = async (what: string, calls: Readonly<Record<string, () => unknown>>) => {
    messages[what] = await attempt(calls);
  };

  const trainer = await smallTrainer(engine, BATCH, { average: equalAverage() });
  await trainer.step(photos.images, photos.labels);
  const file = await saveWeights(trainer.parameters);
  const { program, update, parameters } = trainer;
  trainer.destroy();
  trainer.destroy();
  await table('trainer', {
    step: () => trainer.step(photos.images, photos.labels),
    profileStep: () => trainer.profileStep(photos.images, photos.labels),
    checkpoint: () => trainer.checkpoint(),
    averaged: () => trainer.averaged(),
    fit: () => trainer.fit([photos], { steps: 1 }),
    'fit, epochs': () => trainer.fit([photos], { epochs: 1 }),
    evaluate: () => evaluate(trainer, [photos]),
  });
  await table('its program', {
    write: () => program.write('images', photos.images),
    run: () => program.run(),
    begin: () => program.begin(),
    encode: () => program.encode(encoder().beginComputePass()),
    read: () => program.read(scores.label),
    readAll: () => program.readAll([scores.label]),
    range: () => program.range(scores),
    copyToBuffer: () => copyToBuffer(program, scores.label, { buffer: update.report }),
  });
  await table('its update', {
    begin: () => update.begin(encoder()),
    assign: () => update.assign(encoder(), () => ({ buffer: update.report, offset: 0, size: 4 })),
    accumulate: () => update.accumulate(encoder(), 0),
    encode: () => update.encode(encoder().beginComputePass(), {}),
    'gradients.readAll': () => update.gradients.readAll(),
    'a slot, readAll': () => [...update.slots.values()][0]?.readAll(),
  });
  await table('its parameters', {
    readAll: () => parameters.readAll(),
    load: () => parameters.load(new Map(), { match: 'some' }),
    saveWeights: () => saveWeights(parameters),
    loadWeights: () => loadWeights(parameters, file),
    'Update.create': () => Update.create(parameters, sgd()),
    'Program.create': () => Program.create(engine, graph, { parameters }),
    'Trainer.create': () => smallTrainer(engine, BATCH, { parameters }),
    'Classifier.create': () => Classifier.create(engine, { graph, images, scores, parameters }),
  });

  const shared = await Parameters.create(engine, graph);
  const owner = await smallTrainer(engine, BATCH, { parameters: shared, average: equalAverage() });
  const reader = await Classifier.create(engine, { graph, images, scores, parameters: shared });
  shared.destroy();
  await table('what was given parameters that are destroyed', {
    'trainer.step': () => owner.step(photos.images, photos.labels),
    'trainer.checkpoint': () => owner.checkpoint(),
    'trainer.averaged': () => owner.averaged(),
    'classifier.run': () => reader.run(photos.images),
    'program.run': () => reader.program.run(),
    'program.read': () => reader.program.read(scores),
  });
  owner.destroy();
  reader.destroy();
  await table('classifier', {
    run: () => reader.run(photos.images),
    evaluate: () => evaluate(reader, [photos]),
  });
  const network = { graph, images, heads: [{ name: 'main', scores, weight: 1 }], of: ['images'] };
  const given = await Parameters.create(engine, graph);
  const gradients = await LossGradients.create(engine, { ...network, parameters: given });
  const orphan = await LossGradients.create(engine, { ...network, parameters: given });
  gradients.destroy();
  given.destroy();
  await table('gradients', {
    run: () => gradients.run(photos.images, photos.labels),
    'run, parameters destroyed': () => orphan.run(photos.images, photos.labels),
    create: () => LossGradients.create(engine, { ...network, parameters: given }),
  });
  orphan.destroy();

  const buffer = gradientBuffer(engine, graph);
  buffer.destroy();
  await table('gradientBuffer', { readAll: () => buffer.readAll() });

  const single = await SingleOp.create(engine, relu, {}, { inputs: { x: { shape: [1, 4] } } });
  single.destroy();
  await table('single op', {
    write: () => single.write({ x: new Float32Array(4) }),
    run: () => single.run(),
  });

  const live = engine.counters.snapshot();
  engine.destroy();
  await table('engine', {
    'Parameters.create': () => Parameters.create(engine, graph),
    'Program.create': () => Program.create(engine, graph),
    fromBuffer: () => fromBuffer(engine, { buffer: update.report }),
    'Trainer.create': () => smallTrainer(engine, BATCH),
  });
  return { messages, liveBuffers: live.liveBuffers, liveBytes: live.liveBytes };
}

/** Objects that are destroyed while a call of theirs is under way, and what their neighbours on the engine notice. */
export async function destroyUnderWay(context: JobContext, _args: null) {
  const engine = await ownEngine(context);
  const { graph, images, scores } = smallNetwork(BATCH);
  const photos = smallImages(BATCH);
  const neighbour = await smallTrainer(engine, BATCH);
  const trainer = await smallTrainer(engine, BATCH, { average: equalAverage() });
  await trainer.step(photos.images, photos.labels);
  const { parameters } = neighbour;
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  const other = await Classifier.create(engine, { graph, images, scores, parameters });
  const single = await SingleOp.create(engine, relu, {}, { inputs: { x: { shape: [1, 4] } } });
  await single.write({ x: new Float32Array(4) });
  const during = (call: () => Promise<unknown>, destroy: () => void) => () => {
    const under = call();
    destroy();
    return under;
  };
  const many = smallImages(4 * BATCH).images;
  const messages = await attempt({
    'classifier.run': during(
      () => classifier.run(many),
      () => classifier.destroy(),
    ),
    'classifier.run, from onProgress': () => other.run(many, { onProgress: () => other.destroy() }),
    'trainer.checkpoint and trainer.step': during(
      () =>
        Promise.all([
          trainer.checkpoint().catch((error: unknown) => {
            throw new Error('checkpoint', { cause: error });
          }),
          trainer.step(photos.images, photos.labels),
        ]),
      () => trainer.destroy(),
    ),
    'single op': during(
      () => single.run(),
      () => single.destroy(),
    ),
  });
  const { total } = await neighbour.step(photos.images, photos.labels);
  neighbour.destroy();
  const { liveBuffers } = engine.counters.snapshot();
  engine.destroy();
  return { messages, total, liveBuffers };
}

/** A trainer that `fit`'s own callback destroys. */
export async function destroyInFit(context: JobContext, _args: null) {
  const engine = await ownEngine(context);
  const photos = smallImages(BATCH);
  const trainer = await smallTrainer(engine, BATCH);
  const batches = function* () {
    for (;;) yield photos;
  };
  const messages = await attempt({
    fit: () => trainer.fit(batches(), { steps: 6, onStep: () => trainer.destroy() }),
  });
  engine.destroy();
  return messages;
}
