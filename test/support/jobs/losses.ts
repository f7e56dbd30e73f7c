import { layers } from '../../../src/models/layers';
import { uniform } from '../../../src/core/random';
import { readCheckpoint, writeCheckpoint } from '../../../src/io/checkpoint';
import { Graph } from '../../../src/graph/graph';
import { softCrossEntropy } from '../../../src/ops/soft_cross_entropy';
import { sgd } from '../../../src/optim/sgd';
import { Parameters } from '../../../src/runtime/parameters';
import { runOp } from '../../../src/runtime/run_op';
import type { Labels } from '../../../src/train/check';
import { evaluate } from '../../../src/train/evaluate';
import type { Loss } from '../../../src/train/loss';
import { LossGradients } from '../../../src/train/loss_gradients';
import { binaryTargets, classNumbers, softTargets, squaredError } from '../../../src/train/target_losses';
import { Trainer } from '../../../src/train/trainer';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { differing } from '../resumable';
import { CLASSES, IMAGE, smallImages, smallNetwork, smallTrainer } from '../small_trainer';

const MADE = { classNumbers, softTargets, binaryTargets, squaredError };
export interface Given {
  readonly loss: keyof typeof MADE;
  readonly options?: object;
}
const make = ({ loss, options }: Given): Loss => MADE[loss](options);

/** What the loss takes for images of class i % 3; see test/fixtures/make_losses.py. */
function labelsFor({ loss }: Given, count: number): Labels {
  if (loss === 'squaredError') return uniform(count * CLASSES, 1, 1, 'targets');
  const { labels } = smallImages(count);
  if (loss === 'classNumbers') return labels;
  return Float32Array.from({ length: count * CLASSES }, (_, index) => {
    const [own, other] = [Math.floor(index / CLASSES) % CLASSES, index % CLASSES];
    if (loss === 'binaryTargets') return ((own + other) % CLASSES) / 2;
    return other === own ? 0.75 : other === (own + 1) % CLASSES ? 0.25 : 0;
  });
}

const BATCH = 8;

/** Ten steps on one batch, and the gradients before the first, by a trainer and by themselves. */
export async function trainWithLoss(
  context: JobContext,
  { microBatches, ...given }: Given & { readonly microBatches: number },
) {
  const engine = await sharedEngine(context);
  const { images } = smallImages(BATCH);
  const labels = labelsFor(given, BATCH);
  const loss = make(given);
  const trainer = await smallTrainer(engine, BATCH / microBatches, { loss, microBatches });
  const { graph, images: input, scores } = smallNetwork(BATCH);
  const parameters = await Parameters.create(engine, graph, { seed: 4, initial: 'he' });
  const network = { graph, images: input, heads: [{ name: 'main', scores, weight: 1 }], loss };
  const of = ['conv1.bias', 'fc.bias'];
  const gradients = await LossGradients.create(engine, { ...network, parameters, of });
  const found = await gradients.run(images, labels);
  const losses: number[] = [];
  const stepped: Record<string, number[]> = {};
  for (let step = 0; step < 10; step++) {
    losses.push((await trainer.step(images, labels)).total);
    if (step > 0 || microBatches > 1) continue;
    for (const name of of) stepped[name] = [...(await trainer.program.read(name, 'grad'))];
  }
  const judged = await evaluate(trainer, [{ images, labels: smallImages(BATCH).labels }]);
  trainer.destroy();
  gradients.destroy();
  parameters.destroy();
  return {
    losses,
    first: found.losses['main'],
    gradients: Object.fromEntries(of.map((name) => [name, [...(found.gradients[name]?.data ?? [])]])),
    stepped,
    accuracy: judged.accuracy,
  };
}

/** Losses of four steps with another loss for the same: a trainer's own, `classNumbers()`, and those whose weights change nothing. */
export async function sameLosses(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(4);
  const run = async (loss?: Loss) => {
    const trainer = await smallTrainer(engine, 4, loss && { loss });
    const totals: number[] = [];
    for (let step = 0; step < 4; step++) totals.push((await trainer.step(images, labels)).total);
    const { plan } = await trainer.checkpoint();
    const ops = trainer.program.plan.nodes.map(({ op }) => op.name);
    trainer.destroy();
    return { totals, plan, ops };
  };
  return {
    plain: await run(),
    given: await run(classNumbers()),
    soft: await run(classNumbers({ classWeights: [2, 2, 2] })),
  };
}

/** Six steps with soft targets, and the same with a checkpoint on the way: what differs, and what the second says. */
export async function resumeWithLoss(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const given: Given = { loss: 'softTargets', options: { smoothing: 0.1, classWeights: [0.5, 2, 1.25] } };
  const [{ images }, labels, loss] = [smallImages(4), labelsFor(given, 4), make(given)];
  const train = async (trainer: Trainer, steps: number) => {
    await trainer.fit(
      Array.from({ length: steps }, () => ({ images, labels })),
      { steps },
    );
    const checkpoint = await trainer.checkpoint();
    trainer.destroy();
    return checkpoint;
  };
  const whole = await train(await smallTrainer(engine, 4, { loss }), 6);
  const resume = readCheckpoint(writeCheckpoint(await train(await smallTrainer(engine, 4, { loss }), 2)));
  const second = await smallTrainer(engine, 4, { loss, resume });
  const other = await smallTrainer(engine, 4, { loss: softTargets(), resume });
  const warnings = { same: second.warning ?? null, other: other.warning ?? null };
  other.destroy();
  return { differing: differing(whole, await train(second, 4)), warnings };
}

/** A loss of one's own, of GELU of the scores, and a network that ends with GELU; images for targets of a network of planes. */
export async function ownLosses(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images } = smallImages(4);
  const labels = labelsFor({ loss: 'squaredError' }, 4);
  const own: Loss = {
    ...squaredError(),
    apply(graph, name, scores, targets) {
      const net = layers(graph);
      return net.meanSquaredError(name, net.gelu(`${name}.gelu`, scores), targets);
    },
  };
  const run = async (trainer: Trainer, targets: Float32Array) => {
    const totals: number[] = [];
    for (let step = 0; step < 4; step++) totals.push((await trainer.step(images, targets)).total);
    trainer.destroy();
    return totals;
  };
  const { graph, images: input, scores } = smallNetwork(4);
  const ended = layers(graph).gelu('ended', scores);
  const options = { optimizer: sgd({ momentum: 0.9 }), rate: 0.05, seed: 4, loss: squaredError() };
  const planes = (batch: number) => {
    const graph = new Graph();
    const images = graph.input('images', [batch, ...IMAGE]);
    const scores = layers(graph).conv('copy', images, { channels: 3, kernel: 3, padding: 1, relu: false });
    return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
  };
  const heads = [{ name: 'main', scores: ended, weight: 1 }];
  return {
    own: await run(await smallTrainer(engine, 4, { loss: own }), labels as Float32Array),
    built: await run(
      await Trainer.create(engine, { graph, images: input, heads, ...options }),
      labels as Float32Array,
    ),
    planes: await run(await Trainer.create(engine, { ...planes(4), ...options }), images),
    planesInParts: await run(
      await Trainer.create(engine, { ...planes(2), ...options, microBatches: 2 }),
      images,
    ),
  };
}

/** What is refused, and whether the weights then are as before. */
export async function refusedLosses(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(4);
  const trainerOf = (loss: Loss) => smallTrainer(engine, 2, { loss, microBatches: 2 });
  const [soft, binary, squared, weighted] = (await Promise.all(
    [softTargets(), binaryTargets(), squaredError(), classNumbers({ classWeights: [0, 1, 1] })].map(
      trainerOf,
    ),
  )) as [Trainer, Trainer, Trainer, Trainer];
  const targets = labelsFor({ loss: 'softTargets' }, 4) as Float32Array;
  const at = (index: number, value: number) => targets.map((each, place) => (place === index ? value : each));
  const twoHeads = (loss: Loss) => {
    const { graph, images: input, scores } = smallNetwork(4);
    const wide = layers(graph).linear('wide', scores, { features: 5 });
    const heads = [
      { name: 'main', scores, weight: 1 },
      { name: 'wide', scores: wide, weight: 1 },
    ];
    return Trainer.create(engine, { graph, images: input, heads, loss, optimizer: sgd() });
  };
  const before = await soft.parameters.readAll();
  const messages = await attempt({
    'class numbers for targets': () => soft.step(images, labels),
    'an array of numbers': () => soft.step(images, [...targets]),
    'no targets': () => soft.step(images, undefined as never),
    'too few targets': () => soft.step(images, targets.subarray(3)),
    'a share above 1': () => soft.step(images, at(7, 1.5)),
    'a share below 0': () => soft.step(images, at(7, -0.1)),
    'a share of NaN': () => soft.step(images, at(11, NaN)),
    'a binary target of 2': () => binary.step(images, at(0, 2)),
    'an infinite number': () => squared.step(images, at(4, Infinity)),
    'targets by fit': () => squared.fit([{ images, labels: at(4, NaN) }], { steps: 1 }),
    'targets for class numbers': () => weighted.step(images, targets),
    'a class beyond the last': () => weighted.step(images, [0, 1, 2, 3]),
    'classes of no weight': () => weighted.step(images, [0, 0, 0, 0]),
    'targets for evaluate': () => evaluate(soft, [{ images, labels: targets }]),
    'heads of two widths, softTargets': () => twoHeads(softTargets()),
    'heads of two widths, squaredError': () => twoHeads(squaredError()),
    'heads of two widths, classNumbers': () => twoHeads(classNumbers({ smoothing: 0.1 })),
    'weights of other classes': () => trainerOf(classNumbers({ classWeights: [1, 2] })),
    'shares with weights of other classes': () => trainerOf(softTargets({ classWeights: [1, 2] })),
    'a loss by its name': () => trainerOf('softTargets' as never),
    'a loss that was not made': () => trainerOf(softTargets as never),
    'a loss with less': () => trainerOf({ labels: () => 0, apply: () => 0 } as never),
    'a loss that is no number': () =>
      trainerOf({ ...squaredError(), apply: (_graph, _name, scores) => scores }),
    'a loss that is none': () => trainerOf({ ...squaredError(), apply: () => undefined as never }),
    'an unknown option of softTargets': () => softTargets({ labelSmoothing: 0.1 } as never),
    'an unknown option of classNumbers': () => classNumbers({ weight: [1] } as never),
  });
  const after = await soft.parameters.readAll();
  const unchanged = [...before].every(([name, { data }]) =>
    data.every((each, index) => each === after.get(name)?.data[index]),
  );
  const { total } = await soft.step(images, targets);
  for (const trainer of [soft, binary, squared, weighted]) trainer.destroy();
  return { messages, unchanged, steps: soft.steps, total };
}

/** The gradient of the cross-entropy by scores of one image, against a target of 1 for its class. */
export async function softGradient(
  context: JobContext,
  { scores, label }: { scores: number[]; label: number },
) {
  const shape = [1, scores.length];
  const tensor = (numbers: readonly number[]) => ({ shape, data: Float32Array.from(numbers) });
  const targets = tensor(scores.map((_, index) => Number(index === label)));
  const outputGradients = { dloss: Float32Array.of(1) };
  const inputs = { x: tensor(scores), targets };
  const engine = await sharedEngine(context);
  const { dx } = await runOp(engine, softCrossEntropy, {}, { inputs, outputGradients });
  return [...dx];
}
