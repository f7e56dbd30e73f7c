import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { philox } from '../../../src/core/random';
import { augment } from '../../../src/data/augment';
import { centreCrop } from '../../../src/data/centre_crop';
import { cropOnCpu } from '../../../src/data/crop_on_cpu';
import type { CropNumbers } from '../../../src/data/crop_numbers';
import type { DecodedPicture } from '../../../src/data/picture';
import { openEngine, type Engine } from '../../../src/gpu/engine';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { Classifier } from '../../../src/train/classifier';
import { Cropper } from '../../../src/train/cropper';
import { IMAGE, smallNetwork, smallTrainer } from '../small_trainer';

const SIZE = IMAGE[1];
const ATTRS = { size: SIZE, mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.25, 0.3] } as const;
const PLANE = 3 * SIZE * SIZE;
const SIZES = [[31, 17], [8, 8], [9, 40], [6, 6], [23, 5], [1, 1]] as const; // prettier-ignore
const COUNT = SIZES.length;

function noise(seed: number): DecodedPicture {
  const [width, height] = SIZES[seed % COUNT] as readonly [number, number];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, index) =>
    index % 4 === 3 ? 255 : philox([index, 0, 0, 0], [seed, 9])[0] % 256,
  );
  return { width, height, data };
}

/** Pictures of different sizes, each cropped in its own way, and what it gives on the CPU. */
function made(count: number = COUNT) {
  const pictures = Array.from({ length: count }, (_, seed) => noise(seed));
  const crops = pictures.map((picture, index): CropNumbers =>
    index % 2 === 0 ? augment(picture, { seed: 1, epoch: 0, index }) : centreCrop(picture),
  );
  const expected = new Float32Array(count * PLANE);
  pictures.forEach(({ data }, index) =>
    expected.set(cropOnCpu(data, crops[index] as CropNumbers, ATTRS), index * PLANE),
  );
  return { pictures, crops, expected };
}

/** The images that arrive in an input of either kind. */
async function written(engine: Engine, padded: boolean): Promise<number[]> {
  const graph = new Graph();
  const net = layers(graph);
  const x = graph.input('x', [COUNT, ...IMAGE]);
  // What is flattened has no room between its rows.
  const y = padded ? net.relu('y', x) : net.flatten('y', x);
  const program = await Program.create(engine, graph, { keep: [x, y] });
  const cropper = await Cropper.create(engine, ATTRS);
  const { pictures, crops } = made();
  program.write('x', new Float32Array(COUNT * PLANE).fill(7));
  program.write('x', cropper.images(pictures, crops));
  const found = [...(await program.read('x'))];
  if (program.range('x').stride !== (padded ? 4 : 3)) throw new Error('an input of the other kind');
  cropper.destroy();
  program.destroy();
  return found;
}

/** Each mixed with one of the same batch, the first with the last, and what that gives. */
function mixedOf(crops: readonly CropNumbers[], expected: Float32Array) {
  const last = crops.length - 1;
  const mixed = crops.map((crop, row) => ({ ...crop, mix: { partner: last - row, share: row / last } }));
  const blended = expected.slice(0, crops.length * PLANE).map((value, at) => {
    const [row, place] = [Math.floor(at / PLANE), at % PLANE];
    return (row / last) * value + (1 - row / last) * expected[(last - row) * PLANE + place]!;
  });
  return [mixed, blended] as const;
}

/** An engine whose device says that it binds so many bytes only. */
function binding(engine: Engine, bytes: number): Engine {
  const limits = new Proxy(engine.device.limits, {
    get: (target, name) =>
      name === 'maxStorageBufferBindingSize' ? bytes : (Reflect.get(target, name, target) as unknown),
  });
  const device = new Proxy(engine.device, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      return name === 'limits'
        ? limits
        : typeof value === 'function'
          ? (value.bind(target) as unknown)
          : value;
    },
  });
  return new Proxy(engine, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      return name === 'device'
        ? device
        : typeof value === 'function'
          ? (value.bind(target) as unknown)
          : value;
    },
  });
}

/** What a cropper gives through programs, classifiers and trainers, beside what the CPU gives. */
export async function cropperImages(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { pictures, crops, expected } = made();
  const inputs = { padded: await written(engine, true), plain: await written(engine, false) };

  const network = smallNetwork(4);
  const parameters = await Parameters.create(engine, network.graph, { seed: 3, initial: 'he' });
  const classifier = await Classifier.create(engine, { ...network, parameters });
  const live = engine.counters.snapshot().liveBuffers;
  const cropper = await Cropper.create(engine, ATTRS);
  const source = cropper.images(pictures, crops);
  const classified = (await classifier.run(source)).scores;
  // Two of four: zeros in place of the others.
  const rest = [...(await classifier.program.read('images'))].slice(2 * PLANE);
  const uploaded = (await classifier.run(expected)).scores;
  // Of the same cropper, at once: each keeps its own.
  const one = (at: number) => cropper.images(pictures.slice(at, at + 1), crops.slice(at, at + 1));
  const runs = await Promise.all([0, 1, 2].map(async (at) => {
    const alone = await Classifier.create(engine, { ...smallNetwork(1), parameters });
    const { scores } = await alone.run(one(at));
    alone.destroy();
    return [...scores];
  })); // prettier-ignore

  const [mixedFour, blendedFour] = mixedOf(crops.slice(0, 4), expected);
  const losses: number[][] = [];
  for (const images of [
    expected.slice(0, 4 * PLANE),
    cropper.images(pictures.slice(0, 4), crops.slice(0, 4)),
    blendedFour,
    cropper.images(pictures.slice(0, 4), mixedFour),
  ]) {
    const found: number[] = [];
    for (const microBatches of [1, 2]) {
      const trainer = await smallTrainer(engine, 4 / microBatches, { microBatches });
      for (let step = 0; step < 2; step++) found.push((await trainer.step(images, [0, 1, 2, 0])).total);
      trainer.destroy();
    }
    losses.push(found);
  }
  cropper.destroy();
  const left = engine.counters.snapshot().liveBuffers - live;

  // Room for the first alone, and for some of the others at once.
  const program = await Program.create(engine, smallNetwork(COUNT).graph, { parameters, keep: ['images'] });
  const own = await Cropper.create(binding(engine, 2200), ATTRS);
  const before = engine.counters.snapshot();
  program.write('images', { ...own.images(pictures, crops), engine });
  const parts = engine.counters.snapshot().submits - before.submits;
  const divided = [...(await program.read('images'))];
  const [mixed, blended] = mixedOf(crops, expected);
  const wide = await Cropper.create(binding(engine, 4400), ATTRS);
  program.write('images', { ...wide.images(pictures, mixed), engine });
  const dividedMix = [...(await program.read('images'))];
  wide.destroy();
  own.destroy();
  for (const each of [program, classifier, parameters]) each.destroy();
  return {
    ...{ inputs, rest, runs, losses, left, parts, divided, dividedMix },
    blended: [...blended],
    expected: [...expected],
    classified: [...classified],
    uploaded: [...uploaded],
  };
}

/** What a cropper refuses. */
export async function cropperRefusals(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const other = await openEngine({ adapter: (await context.gpu.requestAdapter()) as GPUAdapter });
  const { pictures, crops } = made(4);
  const network = smallNetwork(4);
  const parameters = await Parameters.create(engine, network.graph);
  const classifier = await Classifier.create(engine, { ...network, parameters });
  const cropper = await Cropper.create(engine, ATTRS);
  const small = await Cropper.create(binding(engine, 1000), ATTRS);
  const tight = await Cropper.create(binding(engine, 2200), ATTRS);
  const large = await Cropper.create(engine, { ...ATTRS, size: 7 });
  const foreign = await Cropper.create(other, ATTRS);
  const [first] = pictures as [DecodedPicture];
  const withFirst = (changed: object) => [{ ...first, ...changed }, ...pictures.slice(1)];
  const messages = await attempt({
    'no pictures': () => cropper.images([], []),
    'pictures that are none': () => cropper.images('pictures' as never, crops),
    'a crop too few': () => cropper.images(pictures, crops.slice(1)),
    'crops of others': () => cropper.images(pictures, crops.toReversed()),
    'a byte too few': () => cropper.images(withFirst({ data: first.data.subarray(1) }), crops),
    'bytes as an array': () => cropper.images(withFirst({ data: [...first.data] }), crops),
    'a picture that is null': () => cropper.images([null as never, ...pictures.slice(1)], crops),
    'more than the device binds': () => small.images(pictures, crops),
    'more than it binds with its partner': () =>
      tight.images(pictures, mixedOf(crops, new Float32Array(4 * PLANE))[0]),
    'another size': () => classifier.run(large.images(pictures, crops)),
    "another engine's": () => classifier.run(foreign.images(pictures, crops)),
    'three for four': () =>
      classifier.program.write('images', cropper.images(pictures.slice(1), crops.slice(1))),
    'wrong attributes': () => Cropper.create(engine, { ...ATTRS, size: 0 }),
    'no engine': () => Cropper.create({} as never, ATTRS),
    new: () => Promise.resolve(new (Cropper as unknown as new () => Cropper)()),
  });
  const late = cropper.images(pictures, crops);
  for (const each of [cropper, cropper, small, tight, large]) each.destroy();
  const after = await attempt({
    'images after destroy': () => cropper.images(pictures, crops),
    'a source after destroy': () => classifier.run(late),
  });
  classifier.destroy();
  parameters.destroy();
  other.destroy();
  return { ...messages, ...after };
}
