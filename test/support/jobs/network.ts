import type { JobContext } from '../job';
import { distance } from '../compare';
import { uniform } from '../../../src/core/random';
import type { Shape } from '../../../src/core/shape';
import { networkWeights } from '../../../src/doctor/network';
import { dotProducts } from '../../../src/doctor/sums';
import { openEngine, type Engine } from '../../../src/gpu/engine';
import { byName } from '../../../src/ops/conv/by_name';
import { readSafetensors } from '../../../src/io/safetensors';
import { googlenet, googlenetHeads, type GoogLeNet } from '../../../src/models/googlenet';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import type { Optimizer } from '../../../src/optim/optimizer';
import type { StepLosses } from '../../../src/train/step_report';
import { Trainer } from '../../../src/train/trainer';
import { OPTIMIZERS } from '../../../src/optim/registry';

/** A network of test/fixtures: see make_fixtures.py for what each number is. */
interface Fixture {
  readonly seed: number;
  readonly size: number;
  readonly width: number;
  readonly classes: number;
  readonly images: readonly string[];
  readonly labels: readonly number[];
  readonly batch: number;
  readonly count: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly parameters: readonly (readonly [string, Shape])[];
  readonly gradients: Readonly<Record<string, Measured>>;
  readonly activations: Readonly<Record<string, Measured>>;
}

/** Ten steps on one batch, of test/fixtures/training.json. Rows: aux1, aux2, main, total. */
interface Training {
  readonly rate: number;
  readonly momentum?: number;
  readonly decay: number;
  readonly losses: readonly (readonly number[])[];
}

interface Measured {
  readonly max: number;
  readonly norm: number;
  readonly dots: readonly number[];
  readonly float32: Readonly<Record<'max' | 'norm' | 'dots' | 'entries', number>>;
}

/** Differences from PyTorch's float64 numbers, and PyTorch's own in float32 beside them. */
export interface TensorReport {
  readonly entries: number;
  readonly norm: number;
  readonly dots: number;
  readonly float32: Readonly<Record<'norm' | 'dots' | 'entries', number>>;
}

export interface NetworkReport {
  readonly parameters: readonly (readonly [string, Shape])[];
  readonly scores: Readonly<Record<string, number>>;
  readonly evaluated: Readonly<Record<string, number>>;
  readonly losses: Readonly<Record<string, { readonly got: number; readonly expected: number }>>;
  readonly gradients: Readonly<Record<string, TensorReport>>;
  /** Losses of ten steps of SGD with momentum, the first of them the step compared above. */
  readonly trained: readonly (readonly number[])[];
  /** Largest difference between the scores of the first two photos, relative to the largest score. */
  readonly imagesApart: number;
  readonly pipelines: number;
  readonly compileMilliseconds: number;
  readonly dispatches: number;
  readonly bytes: number;
}

const HEADS = [
  ['aux1', 'scores0'],
  ['aux2', 'scores1'],
  ['main', 'scores2'],
] as const;

async function loadJson({ read }: JobContext, name: string): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await read(`test/fixtures/${name}.json`)));
}

async function loadFixture(context: JobContext, name: string) {
  const fixture = (await loadJson(context, name)) as Fixture;
  const bytes = await context.read(`test/fixtures/${name}.safetensors`);
  return { fixture, tensors: readSafetensors(bytes, name).tensors };
}

function photos({ images, labels, size, seed }: Fixture): Float32Array<ArrayBuffer> {
  const all = new Float32Array(labels.length * 3 * size * size);
  const share = all.length / images.length;
  images.forEach((name, index) => all.set(uniform(share, 1, seed, name), index * share));
  return all;
}

const networkOf = ({ classes, batch, size, width }: Fixture, mode: 'train' | 'infer'): GoogLeNet =>
  googlenet({ classes, batch, inputSize: size, width, mode });

interface Trainings {
  readonly sgd: Training;
  readonly adam?: Training;
}

async function loadTraining(context: JobContext, name: string): Promise<Trainings> {
  const found = ((await loadJson(context, 'training')) as Record<string, Trainings>)[name];
  if (!found) throw new Error(`training.json: has no ${name}`);
  return found;
}

async function trainerOf(
  engine: Engine,
  fixture: Fixture,
  net: GoogLeNet,
  optimizer: Optimizer,
  rate: number,
): Promise<Trainer> {
  const trainer = await Trainer.create(engine, {
    graph: net.graph,
    images: net.images,
    heads: googlenetHeads(net),
    optimizer,
    rate,
    seed: fixture.seed,
  });
  await trainer.parameters.load(networkWeights(fixture.parameters, fixture.seed));
  return trainer;
}

/** One training step's scores, losses and 128 gradients, and the scores without dropout, against PyTorch's. */
export async function compareNetwork(
  context: JobContext,
  { name, kernels }: { name: string; kernels?: string },
): Promise<NetworkReport> {
  const { fixture, tensors } = await loadFixture(context, name);
  const { device, adapter } = context;
  const choose = kernels === undefined ? undefined : byName(kernels);
  const engine = await openEngine({ device, adapter, ...(choose && { choose }) });
  const net = networkOf(fixture, 'train');
  const { sgd } = await loadTraining(context, name);
  const optimizer = OPTIMIZERS.sgd({ momentum: sgd.momentum ?? 0, weightDecay: sgd.decay });
  const trainer = await trainerOf(engine, fixture, net, optimizer, sgd.rate);
  const images = photos(fixture);
  const stepped = await trainer.step(images, fixture.labels);

  const expected = (key: string): Float32Array => tensors.get(key)?.data as Float32Array;
  const scores: Record<string, number> = {};
  let imagesApart = Infinity;
  for (const [head, output] of HEADS) {
    const got = await trainer.program.read(net[output] ?? '');
    scores[head] = distance(got, expected(`scores.${head}`)).relative;
    const { classes } = fixture;
    imagesApart = Math.min(
      imagesApart,
      distance(got.subarray(0, classes), got.subarray(classes, 2 * classes)).relative,
    );
  }
  const gradients: Record<string, TensorReport> = {};
  for (const [parameter] of fixture.parameters) {
    const got = await trainer.program.read(parameter, 'grad');
    const { max, norm, dots, float32 } = fixture.gradients[parameter] as Measured;
    const places = tensors.get(`${parameter}.places`)?.data as Int32Array;
    const entries = expected(`${parameter}.entries`);
    const difference = entries.reduce(
      (most, value, index) => Math.max(most, Math.abs((got[places[index] as number] as number) - value)),
      0,
    );
    const found = Math.sqrt((got as Float32Array).reduce((sum, value) => sum + value * value, 0));
    const products = dotProducts(parameter, got, fixture.seed);
    const apart = Math.max(...products.map((value, index) => Math.abs(value - (dots[index] as number))));
    gradients[parameter] = {
      entries: difference / max,
      norm: Math.abs(found / norm - 1),
      dots: apart / norm,
      float32,
    };
  }
  const total = { ...stepped.losses, total: stepped.total };
  const losses = Object.fromEntries(
    Object.entries(total).map(([head, loss]) => [
      head,
      { got: loss, expected: fixture.losses[head] as number },
    ]),
  );
  const trained = [lossRow(stepped), ...(await trainOn(trainer, fixture, images, sgd.losses.length - 1))];
  const { count, milliseconds } = engine.pipelines.statistics;
  const { dispatches, bytes } = trainer.program;
  trainer.destroy();

  return {
    parameters: trainer.parameters.specs.map((spec) => [spec.name, spec.shape] as const),
    scores,
    evaluated: await evaluate(engine, fixture, images, expected),
    losses,
    gradients,
    trained,
    imagesApart,
    pipelines: count,
    compileMilliseconds: milliseconds,
    dispatches,
    bytes,
  };
}

const lossRow = ({ losses, total }: StepLosses): number[] => [
  ...HEADS.map(([head]) => losses[head] ?? NaN),
  total,
];

async function trainOn(trainer: Trainer, { labels }: Fixture, images: Float32Array, steps: number) {
  const rows: number[][] = [];
  for (let step = 0; step < steps; step++) rows.push(lossRow(await trainer.step(images, labels)));
  return rows;
}

/** Losses of ten steps of Adam on the small network. */
export async function trainWithAdam(context: JobContext, _args: object): Promise<number[][]> {
  const { fixture } = await loadFixture(context, 'googlenet_small');
  const { device, adapter } = context;
  const { adam } = await loadTraining(context, 'googlenet_small');
  if (!adam) throw new Error('training.json: has no steps of Adam');
  const engine = await openEngine({ device, adapter });
  const optimizer = OPTIMIZERS.adam({ weightDecay: adam.decay });
  const trainer = await trainerOf(engine, fixture, networkOf(fixture, 'train'), optimizer, adam.rate);
  const rows = await trainOn(trainer, fixture, photos(fixture), adam.losses.length);
  trainer.destroy();
  return rows;
}

async function evaluate(
  engine: Engine,
  fixture: Fixture,
  images: Float32Array,
  expected: (key: string) => Float32Array,
): Promise<Record<string, number>> {
  const net = networkOf(fixture, 'infer');
  const parameters = await Parameters.create(engine, net.graph);
  await parameters.load(networkWeights(fixture.parameters, fixture.seed));
  const outputs = HEADS.map(([, output]) => net.graph.value(net[output]?.label ?? ''));
  const program = await Program.create(engine, net.graph, { parameters, keep: outputs });
  program.write('images', images);
  program.run();
  const found = await program.readAll(outputs);
  program.destroy();
  parameters.destroy();
  return Object.fromEntries(
    HEADS.map(([head], index) => [head, distance(found[index] ?? [], expected(`eval.${head}`)).relative]),
  );
}
