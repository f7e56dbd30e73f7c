import type { JobContext } from '../job';
import { smallNetwork as network, smallImages, smallTrainer } from '../small_trainer';
import { useWrongly, type Use } from '../wrong_use';
import { diagnose } from '../../../src/doctor/diagnose';
import { withoutKernels } from '../../../src/doctor/exclude';
import { diagnosisText } from '../../../src/doctor/text';
import * as library from '../../../src/index';

const { Classifier, Parameters, Program, SingleOp, Trainer, Update, openEngine, relu, sgd } = library;

const BATCH = 2;
const LEFT_OUT = ['undefined'];
const EMPTY = ['undefined', '{}'];

/** Every public function and method that needs a device, used wrongly; and whether all works afterwards. */
export async function wrongUse(context: JobContext, _args: null) {
  const engine = await openEngine({ adapter: (await context.gpu.requestAdapter()) as GPUAdapter });
  const { graph, images, scores } = network(BATCH);
  const { images: photos, labels } = smallImages(BATCH);
  const trainer = await smallTrainer(engine, BATCH);
  const { parameters, update } = trainer;
  const own = { graph, images, scores, parameters };
  const classifier = await Classifier.create(engine, own);
  const { program } = classifier;
  const heads = [{ name: 'main', scores, weight: 1 }];
  const file = await library.saveWeights(parameters);
  const single = await SingleOp.create(engine, relu, {}, { inputs: { x: { shape: [1, 4] } } });
  const gradients = await library.LossGradients.create(engine, {
    graph,
    images,
    heads,
    parameters,
    of: ['fc'],
  });
  const buffer = engine.device.createBuffer({ size: 64, usage: GPUBufferUsage.STORAGE });
  const texture = engine.device.createTexture({
    size: [6, 6],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.COPY_SRC,
  });
  const encoder = () => engine.device.createCommandEncoder();
  const x = { shape: [1, 4], data: new Float32Array(4) };
  const run = {
    open: () => Promise.resolve(engine),
    build: () => ({ graph, images, heads, optimizer: sgd() }),
    batches: () => [],
    steps: 1,
  };

  const report = await useWrongly({
    openEngine: {
      args: () => [{ device: engine.device }],
      call: openEngine,
      takes: { 0: EMPTY },
      options: [0],
    },
    withChoice: { args: () => [engine, () => undefined], call: library.withChoice },
    'Parameters.create': {
      args: () => [engine, graph, {}],
      call: (...all: [never, never, never]) => Parameters.create(...all),
      takes: { 2: EMPTY },
      options: [2],
      where: /^parameters/,
    },
    'parameters.load': {
      args: () => [new Map(), { match: 'some' }],
      call: (...all: [never, never]) => parameters.load(...all),

      options: [1],
      where: /^weights/,
    },
    gradientBuffer: {
      args: () => [engine, trainer.program.graph, undefined],
      call: library.gradientBuffer,
      takes: { 2: ['undefined', '[]'] },
    },
    saveWeights: {
      args: () => [parameters, {}],
      call: library.saveWeights,
      takes: { 1: ['undefined', '{}'] },
      where: /^(saveWeights|safetensors)/,
    },
    loadWeights: {
      args: () => [parameters, file, { where: 'file' }],
      call: library.loadWeights,
      takes: { 2: EMPTY },
      options: [2],
      where: /^(loadWeights|file|weights file)/,
    },
    'Program.create': {
      args: () => [engine, graph, { parameters }],
      call: (...all: [never, never, never]) => Program.create(...all),
      options: [2],
      where: /^(program|conv1)/,
    },
    'program.write': {
      args: () => ['images', photos],
      call: (...all: [never, never]) => program.write(...all),
      where: /^(program.write|images)/,
    },
    fromBuffer: {
      args: () => [engine, { buffer }],
      call: library.fromBuffer,
      options: [1],
    },
    fromImages: { args: () => [engine, [texture]], call: library.fromImages },
    copyToBuffer: {
      args: () => [program, 'fc', { buffer }],
      call: library.copyToBuffer,
      options: [2],
      where: /^(copyToBuffer|program.range|graph)/,
    },
    'program.run': {
      args: () => [{}],
      call: (options: never) => program.run(options),
      takes: { 0: EMPTY },
      options: [0],
    },
    'program.begin': {
      args: () => [{}],
      call: (options: never) => program.begin(options),
      takes: { 0: EMPTY },
      options: [0],
      where: /^program.run/,
    },
    'program.encode': {
      args: () => ['pass', {}],
      call: (pass: unknown, options: never) => {
        const commands = encoder();
        const real = commands.beginComputePass();
        program.encode((pass === 'pass' ? real : pass) as never, options);
      },
      takes: { 1: EMPTY },
      options: [1],
      where: /^program/,
    },
    'program.read': {
      args: () => ['fc', 'value'],
      call: (...all: [never, never]) => program.read(...all),
      takes: { 1: LEFT_OUT },
      where: /^(program.read|graph)/,
    },
    'program.readAll': {
      args: () => [['fc'], 'value'],
      call: (...all: [never, never]) => program.readAll(...all),
      takes: { 0: ['[]'], 1: LEFT_OUT },
      where: /^program.read/,
    },
    'program.range': {
      args: () => [scores],
      call: (value: never) => program.range(value),
      where: /^(program.range|graph)/,
    },
    profileProgram: {
      args: () => [program, {}],
      call: library.profileProgram,
      takes: { 1: EMPTY },
      options: [1],
    },
    'Update.create': {
      args: () => [parameters, sgd(), {}],
      call: async (...all: [never, never, never]) => (await Update.create(...all)).destroy(),
      takes: { 2: EMPTY },
      options: [2],
      where: /^(update|optimizer)/,
    },
    'update.begin': { args: () => [encoder()], call: (given: never) => update.begin(given) },
    'update.assign': {
      args: () => [encoder(), () => undefined],
      call: (...all: [never, never]) => update.assign(...all),
    },
    'update.accumulate': {
      args: () => [encoder(), 0],
      call: (...all: [never, never]) => update.accumulate(...all),
    },
    'update.encode': {
      args: () => ['pass', {}],
      call: (pass: unknown, step: never) => {
        const real = encoder().beginComputePass();
        update.encode((pass === 'pass' ? real : pass) as never, step);
      },
      takes: { 1: ['{}', '[]'] },
      options: [1],
    },
    'SingleOp.create': {
      args: () => [engine, relu, {}, { inputs: { x: { shape: [1, 4] } } }],
      call: (...all: [never, never, never, never]) => SingleOp.create(...all),
      takes: { 2: ['{}', '[]'] },
      options: [3],
      where: /^(single op|runOp|relu)/,
    },
    'single.write': {
      args: () => [{ x: x.data }],
      call: (values: never) => single.write(values),
      takes: { 0: ['{}', '[]'] },
      where: /^(single op|runOp)/,
    },
    'single.run': {
      args: () => [{}],
      call: (step: never) => single.run(step),
      takes: { 0: EMPTY },
      where: /^program.run/,
      options: [0],
    },
    runOp: {
      args: () => [engine, relu, {}, { inputs: { x } }],
      call: library.runOp,
      takes: { 2: ['{}', '[]'] },
      options: [3],
      where: /^(runOp|relu)/,
    },
    tune: { args: () => [engine, graph, {}], call: library.tune, takes: { 2: EMPTY }, options: [2] },
    'Trainer.create': {
      args: () => [engine, { graph, images, heads, optimizer: sgd() }],
      call: (...all: [never, never]) => Trainer.create(...all),
      options: [1],
      where: /^trainer/,
    },
    'trainer.step': {
      args: () => [photos, labels, {}],
      call: (...all: [never, never, never]) => trainer.step(...all),
      takes: { 2: EMPTY },
      options: [2],
    },
    'trainer.profileStep': {
      args: () => [photos, labels, {}],
      call: (...all: [never, never, never]) => trainer.profileStep(...all),
      takes: { 2: EMPTY },
      options: [2],
      where: /^trainer.step/,
    },
    'trainer.fit': {
      args: () => [[], { steps: 1 }],
      call: (...all: [never, never]) => trainer.fit(...all),
      takes: { 0: ['[]'] },
      options: [1],
    },
    'trainer.fit, epochs': {
      args: () => [[], { epochs: 1 }],
      call: (...all: [never, never]) => trainer.fit(...all),
      options: [1],
      where: /^trainer.fit/,
    },
    evaluate: {
      args: () => [classifier, [{ images: photos, labels }], {}],
      call: library.evaluate,
      takes: { 2: EMPTY },
      options: [2],
    },
    'LossGradients.create': {
      args: () => [engine, { graph, images, heads, parameters, of: ['images'] }],
      call: (...all: [never, never]) => library.LossGradients.create(...all),
      options: [1],
      where: /^gradients/,
    },
    'gradients.run': {
      args: () => [photos, labels, {}],
      call: (...all: [never, never, never]) => gradients.run(...all),
      takes: { 2: EMPTY },
      options: [2],
    },
    'trainer.checkpoint': {
      args: () => [{}],
      call: (about: never) => trainer.checkpoint(about),
      takes: { 0: EMPTY },
      options: [0],
    },
    'Classifier.create': {
      args: () => [engine, own],
      call: (...all: [never, never]) => Classifier.create(...all),
      options: [1],
      where: /^(classifier|program)/,
    },
    'classifier.run': {
      args: () => [photos, {}],
      call: (...all: [never, never]) => classifier.run(...all),
      takes: { 1: EMPTY },
      options: [1],
    },
    trainReliably: { args: () => [run], call: library.trainReliably, options: [0], where: /^training/ },
    diagnose: { args: () => [engine], call: diagnose },
    withoutKernels: { args: () => [engine, []], call: withoutKernels, takes: { 1: ['[]'] } },
    diagnosisText: { args: () => [{ findings: [] }], call: diagnosisText },
  } satisfies Record<string, Use>);

  const { total } = await trainer.step(photos, labels);
  const { probabilities } = await classifier.run(photos);
  single.destroy();
  gradients.destroy();
  classifier.destroy();
  trainer.destroy();
  const { liveBuffers } = engine.counters.snapshot();
  engine.destroy();
  return { ...report, total, classified: probabilities.length, liveBuffers };
}
