import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { attempt } from '../attempt';
import { philox } from '../../../src/core/random';
import type { Engine } from '../../../src/gpu/engine';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { googlenet, type GoogLeNetOptions } from '../../../src/models/googlenet';
import { pixels } from '../../../src/ops/pixels';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { Classifier } from '../../../src/train/classifier';
import { Trainer } from '../../../src/train/trainer';
import type { Images } from '../../../src/train/check';
import { sgd } from '../../../src/optim/sgd';

const SIZE = 32;
const PLANE = SIZE * SIZE;
const CLASSES = 4;
const NORMALISE = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

const network = (batch: number, options: Partial<GoogLeNetOptions> = {}) =>
  googlenet({ classes: CLASSES, batch, inputSize: SIZE, width: 0.125, aux: false, ...options });

const packedNetwork = (batch: number) => network(batch, { input: 'rgba8', pixels: NORMALISE });

const randomBytes = (count: number): Uint8ClampedArray =>
  Uint8ClampedArray.from(
    { length: count * PLANE * 4 },
    (_, index) => philox([index, 0, 0, 0], [3, 9])[0] % 256,
  );

/** What the GPU should make of the bytes, in PyTorch's order. */
function prepared(bytes: Uint8ClampedArray): Float32Array {
  return Float32Array.from({ length: (bytes.length / 4) * 3 }, (_, index) => {
    const colour = Math.floor(index / PLANE) % 3;
    const pixel = Math.floor(index / (3 * PLANE)) * PLANE + (index % PLANE);
    const share = (bytes[pixel * 4 + colour] ?? 0) / 255;
    return (share - (NORMALISE.mean[colour] ?? 0)) / (NORMALISE.deviation[colour] ?? 1);
  });
}

async function classify(engine: Engine, packed: boolean, photos: Images, parameters: Parameters) {
  const { graph, images, scores2 } = packed ? packedNetwork(2) : network(2);
  const classifier = await Classifier.create(engine, { graph, images, scores: scores2, parameters });
  const { probabilities } = await classifier.run(photos);
  const scores = await classifier.program.read(scores2);
  const { program } = classifier;
  const bytes = program.plan.home(images)?.home.size;
  const shaders = program.plan.launches
    .filter(({ label }) => label.startsWith('conv1'))
    .map(({ shader }) => shader.file);
  classifier.destroy();
  return { probabilities, scores, bytes, shaders };
}

/** Three photos, in batches of two, as bytes and as the numbers that the CPU makes of them. */
export async function packedImages(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const parameters = await Parameters.create(engine, network(2).graph, { seed: 5 });
  const bytes = randomBytes(3);
  const floats = await classify(engine, false, prepared(bytes), parameters);
  const packed = await classify(engine, true, bytes, parameters);
  // A view that starts within a word must be copied.
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const unaligned = await classify(engine, true, shifted.subarray(1), parameters);
  parameters.destroy();
  return { floats, packed, unaligned };
}

/** The loss of two steps from bytes and from numbers. */
export async function packedTraining(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const bytes = randomBytes(2);
  const losses = async ({ graph, images, scores2 }: ReturnType<typeof network>, photos: Images) => {
    const heads = [{ name: 'main', scores: scores2, weight: 1 }];
    const trainer = await Trainer.create(engine, {
      graph,
      images,
      heads,
      optimizer: sgd({ momentum: 0.9 }),
      rate: 0.01,
    });
    const found = [await trainer.step(photos, [0, 3]), await trainer.step(photos, [0, 3])];
    trainer.destroy();
    return found.map(({ total }) => total);
  };
  return { floats: await losses(network(2), prepared(bytes)), packed: await losses(packedNetwork(2), bytes) };
}

/** Colours that lie inside a concatenation, or are flattened: without padding. */
export async function unpaddedColours(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const graph = new Graph();
  const net = layers(graph);
  const x = graph.input('x', [1, 1, 2, 2], 'u32');
  const [a, b] = [net.pixels('a', x), net.pixels('b', x, { mean: [1, 1, 1] })];
  const both = net.concat('both', [a, b]);
  const flat = net.flatten('flat', graph.apply(pixels, { x }, {}, 'c').y);
  const program = await Program.create(engine, graph, { keep: [both, flat] });
  program.write(
    'x',
    Uint8Array.from({ length: 16 }, (_, index) => index * 17),
  );
  program.run();
  const [joined, flattened] = await program.readAll([both, flat]);
  program.destroy();
  return { joined, flattened };
}

export async function badPixels(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph, images, scores2: scores } = packedNetwork(2);
  const parameters = await Parameters.create(engine, graph);
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  const net = packedNetwork(2);
  const heads = [{ name: 'main', scores: net.scores2, weight: 1 }];
  const trainer = await Trainer.create(engine, {
    ...net,
    heads,
    optimizer: sgd({ momentum: 0.9 }),
    rate: 0.01,
  });
  const bytes = randomBytes(2);
  const messages = await attempt({
    'step: numbers': () => trainer.step(prepared(bytes), [0, 1]),
    'step: one image too few': () => trainer.step(bytes.subarray(PLANE * 4), [0, 1]),
    'run: numbers': () => classifier.run(prepared(bytes)),
    'run: half an image': () => classifier.run(bytes.subarray(PLANE * 2)),
    'write: half a pixel': () => classifier.program.write('images', bytes.subarray(2)),
    'write: a pixel too few': () => classifier.program.write('images', bytes.subarray(4)),
    'write: numbers': () => classifier.program.write('images', prepared(bytes)),
  });
  classifier.destroy();
  trainer.destroy();
  parameters.destroy();
  return messages;
}
