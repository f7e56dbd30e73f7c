import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { IMAGE, smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { crossEntropy } from '../../../src/ops/cross_entropy';
import { sgd } from '../../../src/optim/sgd';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { runOp } from '../../../src/runtime/run_op';
import { Classifier } from '../../../src/train/classifier';
import type { Head } from '../../../src/train/loss';
import { Trainer } from '../../../src/train/trainer';

const BATCH = 2;

/** Images and, beside them, numbers of a second kind; the head `coarse` has fewer classes than `fine`. */
function twoKinds(batch: number) {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [batch, ...IMAGE]);
  const flat = net.flatten('flat', net.conv('conv', images, { channels: 4, kernel: 3 }));
  const meta = graph.input('meta', [batch, 64], 'f32', flat.plane);
  const both = net.add('both', flat, meta);
  const heads = [
    { name: 'fine', scores: net.linear('fine', both, { features: 5 }), weight: 1 },
    { name: 'coarse', scores: net.linear('coarse', both, { features: 3 }), weight: 0.5 },
  ];
  return { graph, images, heads };
}

export async function labelsAndInputs(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images } = smallImages(BATCH);
  const meta = new Float32Array(BATCH * 64).map((_, index) => Math.sin(index));
  const make = (microBatches: number) =>
    Trainer.create(engine, { ...twoKinds(BATCH / microBatches), optimizer: sgd(), rate: 0.1, microBatches });
  const [trainer, second, inParts] = await Promise.all([make(1), make(1), make(2)]);
  const scores = [1, 2, 3, 4, 5, 6];
  const { graph, scores: classes } = smallNetwork(BATCH);
  const program = await Program.create(engine, graph, {
    parameters: await Parameters.create(engine, graph),
    keep: [classes],
  });
  const messages = await attempt({
    'a label beyond the smaller head': () => trainer.step(images, [0, 3], { meta }),
    'a label as a text': () => trainer.step(images, ['0', '1'] as never, { meta }),
    'a BigInt beyond the classes': () => trainer.step(images, [0n, 7n], { meta }),
    'an input that is missing': () => trainer.step(images, [0, 1]),
    'an input of another name': () => trainer.step(images, [0, 1], { mata: meta }),
    'an input of another length': () => trainer.step(images, [0, 1], { meta: meta.subarray(1) }),
    'fit without the input': () => trainer.fit([{ images, labels: [0, 1] }], { steps: 1 }),
    'a label beyond the smaller head, by program.write': () =>
      trainer.program.write('labels', Uint32Array.of(3, 0)),
    'a label beyond the larger head, by program.write': () =>
      trainer.program.write('labels', Uint32Array.of(0, 2 ** 32 - 1)),
    'a label beyond the smaller head, by fit': () =>
      trainer.fit([{ images, labels: [4, 0], inputs: { meta } }], { steps: 1 }),
    'a label beyond the smaller head, in the second part': () => inParts.step(images, [0, 3], { meta }),
    'an input as an array': () => trainer.step(images, [0, 1], { meta: [...meta] as never }),
    'an input that is null': () => trainer.step(images, [0, 1], { meta: null as never }),
    'an input of whole numbers': () => trainer.step(images, [0, 1], { meta: Uint32Array.from(meta) }),
    'a label beyond the classes, by runOp': () =>
      runOp(
        engine,
        crossEntropy,
        {},
        {
          inputs: {
            x: { shape: [2, 3], data: Float32Array.from(scores) },
            labels: { shape: [2], data: Uint32Array.of(0, 3) },
          },
        },
      ),
  });
  const plain = await trainer.step(images, [0, 2], { meta });
  const big = await second.step(images, new BigInt64Array([0n, 2n]), { meta });
  const parts = await inParts.step(images, [0, 2], { meta });
  const gradientOf = async (name: string) => ({
    plain: [...(await trainer.program.read(name, 'grad'))],
    parts: [...(await inParts.program.read(name, 'grad'))],
  });
  const gradients = {
    'fine.weight': await gradientOf('fine.weight'),
    'coarse.bias': await gradientOf('coarse.bias'),
    'conv.weight': await gradientOf('conv.weight'),
  };
  const moved = await second.step(images, [0, 2], { meta: meta.map((number) => -number) });
  const again = await trainer.step(images, [0, 2], { meta });
  const { heads, ...network } = twoKinds(BATCH);
  const classifier = await Classifier.create(engine, {
    ...network,
    scores: (heads[0] as Head).scores,
    parameters: await Parameters.create(engine, network.graph),
  });
  // Three images in batches of two: the last is filled up.
  const [three, metas] = [smallImages(3).images, new Float32Array(3 * 64).map((_, at) => Math.cos(at))];
  const whole = (await classifier.run(three, { inputs: { meta: metas } })).probabilities;
  const alone = [];
  for (const at of [0, 1, 2]) {
    const image = three.subarray((at * three.length) / 3, ((at + 1) * three.length) / 3);
    const { probabilities } = await classifier.run(image, {
      inputs: { meta: metas.slice(at * 64, at * 64 + 64) },
    });
    alone.push(...probabilities);
  }
  const classified = await attempt({
    'classify without the input': () => classifier.run(three),
    'classify with another name': () => classifier.run(three, { inputs: { mata: metas } }),
    'classify with one too few': () => classifier.run(three, { inputs: { meta: metas.subarray(64) } }),
  });
  for (const each of [trainer, second, inParts, classifier]) each.destroy();
  program.run();
  const unwritten = [...(await program.read(classes))];
  program.write('images', new Float32Array(images.length));
  program.run();
  const zeros = [...(await program.read(classes))];
  program.destroy();
  return {
    messages: { ...messages, ...classified },
    classified: { whole: [...whole], alone },
    unwritten,
    gradients,
    zeros,
    plain: plain.total,
    big: big.total,
    parts: parts.total,
    moved: moved.total,
    again: again.total,
  };
}

/** The probabilities of a network with dropout, and of the same weights without. */
export async function classifyWithDropout(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, BATCH, { dropout: 0.5 });
  const { images, labels } = smallImages(BATCH);
  const losses = [await trainer.step(images, labels), await trainer.step(images, labels)];
  const { parameters } = trainer;
  const classify = async (dropout: number) => {
    const classifier = await Classifier.create(engine, { ...smallNetwork(BATCH, dropout), parameters });
    const { probabilities } = await classifier.run(images);
    classifier.destroy();
    return [...probabilities];
  };
  const report = { dropping: await classify(0.5), plain: await classify(0), trained: losses.length };
  trainer.destroy();
  return report;
}
