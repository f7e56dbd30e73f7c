import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { philox } from '../../../src/core/random';
import { openEngine } from '../../../src/gpu/engine';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { fromImages, type ImageSource } from '../../../src/runtime/from_images';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import type { Images } from '../../../src/train/check';
import { Classifier } from '../../../src/train/classifier';

const [WIDTH, HEIGHT] = [6, 5];

/** Noise, opaque unless told otherwise. */
function noise(seed: number, { width = WIDTH, height = HEIGHT, alpha = 255 } = {}): ImageData {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, index) =>
    index % 4 === 3 ? alpha : philox([index, 0, 0, 0], [seed, 9])[0] % 256,
  );
  return new ImageData(data, width, height);
}

function network(batch: number, [height, width] = [HEIGHT, WIDTH]) {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [batch, 1, height, width] as number[], 'u32');
  const pooled = net.maxPool('pool', net.pixels('colours', images), { kernel: 5 });
  return { graph, images, scores: net.linear('fc', net.flatten('flat', pooled), { features: 4 }) };
}

function canvasOf(image: ImageData): OffscreenCanvas {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

function elementOf(image: ImageData): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

function textureOf(
  device: GPUDevice,
  { data, width, height }: ImageData,
  format: GPUTextureFormat = 'rgba8unorm',
) {
  const usage = GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST;
  const texture = device.createTexture({ size: [width, height], format, usage });
  device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
  return texture;
}

/** The bytes that arrive of each kind of image. */
export async function kindsOfImages(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { device } = engine;
  const kinds: Record<string, { image: ImageSource; of: ImageData }> = {};
  const add = (name: string, of: ImageData, image: ImageSource) => void (kinds[name] = { image, of });
  const [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6].map((seed) => noise(seed)) as ImageData[] & { length: 6 };
  const clear = noise(7, { alpha: 40 });
  add('ImageData', a as ImageData, a as ImageData);
  add('ImageData with alpha', clear, clear);
  add('ImageBitmap', b as ImageData, await createImageBitmap(b as ImageData));
  add('OffscreenCanvas', c as ImageData, canvasOf(c as ImageData));
  add('HTMLCanvasElement', d as ImageData, elementOf(d as ImageData));
  add('VideoFrame', e as ImageData, new VideoFrame(canvasOf(e as ImageData), { timestamp: 0 }));
  add('GPUTexture', f as ImageData, textureOf(device, f as ImageData));
  const images = Object.values(kinds).map(({ image }) => image);
  const { graph } = network(images.length);
  const parameters = await Parameters.create(engine, graph);
  const program = await Program.create(engine, graph, { parameters, keep: ['colours'] });
  const live = engine.counters.snapshot().liveBuffers;
  program.write('images', await fromImages(engine, images));
  const words = (await program.read('images')) as Uint32Array;
  const left = engine.counters.snapshot().liveBuffers - live;
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const each = WIDTH * HEIGHT * 4;
  const found = Object.entries(kinds).map(([name, { of }], index) => ({
    name,
    found: [...bytes.subarray(index * each, (index + 1) * each)],
    expected: [...of.data],
  }));
  (kinds['VideoFrame']?.image as VideoFrame).close();
  program.destroy();
  parameters.destroy();
  return { found, left };
}

/** Three bitmaps in batches of two, beside their bytes; and what will not do. */
export async function bitmaps(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const parameters = await Parameters.create(engine, network(2).graph, { seed: 3 });
  const classifier = await Classifier.create(engine, { ...network(2), parameters });
  const data = [1, 2, 3].map((seed) => noise(seed));
  const all = new Uint8ClampedArray(data.flatMap((each) => [...each.data]));
  const made = await Promise.all(data.map((each) => createImageBitmap(each)));
  const scores = (await classifier.run(await fromImages(engine, made))).scores;
  const expected = (await classifier.run(all)).scores;
  const closed = await createImageBitmap(data[0] as ImageData);
  const stale = await fromImages(engine, [closed]);
  closed.close();
  const plain = new Graph();
  const floats = await Program.create(engine, (plain.input('x', [1, 3, 5, 6]), plain));
  const large = await fromImages(engine, [noise(1, { width: 7 })]);
  const [gone, short] = [textureOf(engine.device, data[0] as ImageData), await fromImages(engine, made)];
  const dead = await fromImages(engine, [gone]);
  gone.destroy();
  const messages = await attempt({
    'no images': () => fromImages(engine, []),
    'a single image': () => fromImages(engine, made[0] as never),
    'an array': () => fromImages(engine, [new Uint8Array(4)] as never),
    'a texture of another format': () =>
      fromImages(engine, [textureOf(engine.device, data[0] as ImageData, 'bgra8unorm')]),
    'another size': () => classifier.run(large),
    'an input of floats': async () => floats.write('x', await fromImages(engine, made)),
    'three for two': () => classifier.program.write('images', short),
    'a closed bitmap': () => classifier.run(stale),
    'a destroyed texture': () => classifier.run(dead),
  });
  const after = await Classifier.create(engine, { ...network(2), parameters });
  const works = (await after.run(await fromImages(engine, made))).scores.length;
  for (const each of [classifier, after, floats, parameters]) each.destroy();
  return { scores, expected, messages, works };
}

/** Bytes that JavaScript hands over, and time until the scores are there, for 32 images of 224 x 224. */
export async function crossing(context: JobContext, _args: null) {
  const adapter = (await context.gpu.requestAdapter()) as GPUAdapter;
  const device = await adapter.requestDevice();
  let bytes = 0;
  const { queue } = device;
  const write = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, offset, data, ...rest) => {
    bytes += (data as ArrayBufferView).byteLength;
    write(buffer, offset, data, ...(rest as []));
  };
  const engine = await openEngine({ device });
  const of = network(32, [224, 224]);
  const parameters = await Parameters.create(engine, of.graph);
  const classifier = await Classifier.create(engine, { ...of, parameters });
  const images = Array.from({ length: 32 }, (_, seed) => noise(seed, { width: 224, height: 224 }));
  const made = await Promise.all(images.map((each) => createImageBitmap(each)));
  const source = await fromImages(engine, made);
  const canvas = new OffscreenCanvas(224, 224);
  const context2d = canvas.getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
  const run = async (pixels: () => Images) => {
    bytes = 0;
    const start = performance.now();
    const { scores } = await classifier.run(pixels());
    return { scores, milliseconds: performance.now() - start, bytes };
  };
  const throughArrays = (): Uint8ClampedArray => {
    const all = new Uint8ClampedArray(32 * 224 * 224 * 4);
    made.forEach((bitmap, index) => {
      context2d.drawImage(bitmap, 0, 0);
      all.set(context2d.getImageData(0, 0, 224, 224).data, index * 224 * 224 * 4);
    });
    return all;
  };
  await run(throughArrays);
  await run(() => source);
  const arrays = await run(throughArrays);
  const gpu = await run(() => source);
  classifier.destroy();
  parameters.destroy();
  engine.destroy();
  device.destroy();
  return { arrays, gpu };
}
