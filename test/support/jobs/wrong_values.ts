import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { openEngine } from '../../../src/gpu/engine';
import { loadWeights, saveWeights } from '../../../src/io/weights';
import { Parameters } from '../../../src/runtime/parameters';
import { profileProgram } from '../../../src/runtime/profile';
import { Program } from '../../../src/runtime/program';
import { sgd } from '../../../src/optim/sgd';
import { Classifier } from '../../../src/train/classifier';
import { trainReliably } from '../../../src/train/reliable';

/** Values of the right type that make no sense where they are given; what each call says, and whether the weights stay. */
export async function wrongValues(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const second = await openEngine({ adapter: (await context.gpu.requestAdapter()) as GPUAdapter });
  const { graph, images, scores } = smallNetwork(2);
  const photos = smallImages(2);
  const trainer = await smallTrainer(engine, 2);
  const { parameters, program } = trainer;
  const foreign = await Parameters.create(second, graph);
  const far = await smallTrainer(second, 2);
  await trainer.step(photos.images, photos.labels);
  const before = await parameters.readAll();
  const taken = await trainer.checkpoint();
  const junk = (value: unknown): never => value as never;
  const make = (options: object) => smallTrainer(engine, 2, options);
  const bias = taken.weights.get('fc.bias')!;
  const withBias = (data: unknown, shape: unknown = [3]) =>
    parameters.load(junk(new Map([['fc.bias', { shape, data }]])));
  const bad = new Map([...taken.weights, ['fc.bias', { ...bias, data: Float32Array.of(1, NaN, 2) }]]);
  const unseeded = { ...taken, seed: undefined };
  const other = smallNetwork(2);
  const head = { name: 'main', scores, weight: 1 };
  const factors = { ...sgd(), factors: () => [NaN, 1] as const };
  const broken = await make({ optimizer: factors });
  const messages = await attempt({
    'Program, parameters of another engine': () => Program.create(engine, graph, { parameters: foreign }),
    'Trainer, parameters of another engine': () => make({ parameters: foreign }),
    'profile, update of another engine': () => profileProgram(program, { update: far.update }),
    'saveWeights of nothing': () => saveWeights(junk(undefined)),
    'loadWeights into a trainer': async () => loadWeights(junk(trainer), await saveWeights(parameters)),
    'resume of nothing known': () => make({ resume: {} }),
    'resume null': () => make({ resume: null }),
    'trainReliably, resume null': () =>
      trainReliably(junk({ open: () => engine, build: () => 1, batches: () => [], steps: 1, resume: null })),
    'resume without a seed': () => make({ resume: unseeded }),
    'resume with a NaN': () => make({ resume: { ...taken, weights: bad } }),
    'resume, weights that are no Map': () => make({ resume: { ...taken, weights: {} } }),
    'keep of numbers': () => make({ keep: [1] }),
    'keep of a number': () => make({ keep: 5 }),
    'keep of another graph': () =>
      Program.create(engine, graph, { parameters, keep: [smallNetwork(2).scores] }),
    'images by name': () => make({ images: 'images' }),
    'images of another graph': () => make({ images: other.images }),
    'Classifier, images of another graph': () =>
      Classifier.create(engine, { graph, images: other.images, scores, parameters }),
    'two heads of one name': () => make({ graph, images, heads: [head, head] }),
    'load, a shape that is none': () => withBias(bias.data, '3'),
    'load, a NaN': () => withBias(Float32Array.of(1, NaN, 2)),
    'load, no numbers': () => withBias('abc'),
    'read, a second word': () => program.read('fc.weight', junk('gradient')),
    'a group of nothing': () => make({ groups: [{ match: [] }] }),
    'clip 0 as a float32': () => make({ clip: 1e-46 }),
    'rule that is a text': () => make({ optimizer: { ...sgd(), rule: 'fn rule() {}' } }),
    'params with a NaN': () => make({ optimizer: { ...sgd(), params: { momentum: NaN } } }),
    'factors with a NaN': () => broken.step(photos.images, photos.labels),
    'inputs of another graph': () => make({ heads: [{ ...head, scores: other.scores }] }),
  });
  const after = await parameters.readAll();
  const unchanged = [...before].every(([name, { data }]) =>
    data.every((number, index) => number === after.get(name)?.data[index]),
  );
  const groups = [{ match: 'conv1.*', rateScale: 0.5 }];
  const [same, scaled] = [await make({ resume: taken }), await make({ resume: taken, groups })];
  const warnings = { same: same.warning ?? 'none', scaled: scaled.warning ?? 'none' };
  const steps = broken.steps;
  for (const each of [trainer, far, broken, same, scaled, foreign]) each.destroy();
  second.destroy();
  return { messages, unchanged, warnings, steps };
}
