import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { IMAGE, smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { sizeOf } from '../../../src/core/shape';
import { openEngine, type Engine } from '../../../src/gpu/engine';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { copyToBuffer } from '../../../src/runtime/copy_to_buffer';
import { fromBuffer } from '../../../src/runtime/from_buffer';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { Classifier } from '../../../src/train/classifier';

const BATCH = 4;
const LENGTH = sizeOf(IMAGE);
const ALL = smallImages(6, 5);

/** A buffer of the caller's, with numbers from `offset` on. */
function callersBuffer(
  device: GPUDevice,
  numbers: ArrayLike<number>,
  { offset = 0, usage = GPUBufferUsage.STORAGE } = {},
): GPUBuffer {
  const size = offset + 4 * numbers.length;
  const buffer = device.createBuffer({ label: 'theirs', size, usage, mappedAtCreation: true });
  new Float32Array(buffer.getMappedRange(), offset).set(numbers);
  buffer.unmap();
  return buffer;
}

async function readBack(device: GPUDevice, buffer: GPUBuffer): Promise<number[]> {
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
  const staging = device.createBuffer({ size: buffer.size, usage });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return [...new Float32Array(staging.getMappedRange())];
}

/** Images out of a buffer, and the same out of an array. */
export async function imagesOfBuffer(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { device } = engine;
  const network = smallNetwork(BATCH);
  const parameters = await Parameters.create(engine, network.graph, { seed: 3, initial: 'he' });
  const classifier = await Classifier.create(engine, { ...network, parameters });
  const live = engine.counters.snapshot().liveBuffers;
  const before = engine.counters.snapshot().bytesWritten;
  const six = await fromBuffer(engine, {
    buffer: callersBuffer(device, ALL.images, { offset: 12 }),
    offset: 12,
  });
  const classified = (await classifier.run(six)).scores;
  const written = engine.counters.snapshot().bytesWritten - before;
  const uploaded = (await classifier.run(ALL.images)).scores;
  const four = ALL.images.slice(0, BATCH * LENGTH);
  const buffer = callersBuffer(device, four);
  const source = await fromBuffer(engine, { buffer });
  // What it held before must not shine through, nor what is submitted later.
  classifier.program.write('images', new Float32Array(four.length).fill(7));
  classifier.program.write('images', source);
  const input = [...(await classifier.program.read('images'))];
  const left = engine.counters.snapshot().liveBuffers - live;
  const losses: number[] = [];
  for (const images of [four, source]) {
    for (const microBatches of [1, 2]) {
      const own = await smallTrainer(engine, BATCH / microBatches, { microBatches });
      losses.push((await own.step(images, [0, 1, 2, 0])).total);
      losses.push((await own.step(images, [0, 1, 2, 0])).total);
      own.destroy();
    }
  }
  const flat = await flattened(engine);
  classifier.destroy();
  parameters.destroy();
  return { classified, uploaded, written, input, four: [...four], left, losses, flat };
}

/** An input that is a flattened plane, and one without a plane: memory and face differ only in the first. */
async function flattened(engine: Engine) {
  const graph = new Graph();
  const net = layers(graph);
  const plane = [3, 2, 2] as const;
  const x = graph.input('x', [2, 12], 'f32', plane);
  const plain = graph.input('plain', [2, 5]);
  const outputs = [net.relu('y', x), net.relu('z', plain)];
  const program = await Program.create(engine, graph, { keep: outputs });
  const numbers = {
    x: Float32Array.from({ length: 24 }, (_, i) => i),
    plain: Float32Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
  };
  for (const [name, data] of Object.entries(numbers))
    program.write(name, await fromBuffer(engine, { buffer: callersBuffer(engine.device, data) }));
  program.run();
  const [y, z] = await program.readAll(outputs);
  const stride = program.range('y').stride;
  program.destroy();
  return { y, z, stride };
}

/** Outputs that stay on the GPU: what a pass of the caller's makes of them, and a copy in PyTorch's order. */
export async function outputsOnGpu(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { device } = engine;
  const network = smallNetwork(BATCH);
  const parameters = await Parameters.create(engine, network.graph, { seed: 3, initial: 'he' });
  const keep = ['pool1', 'flat', 'fc'];
  const program = await Program.create(engine, network.graph, { parameters, keep });
  const code = `
    struct Place { first: u32, stride: u32, channels: u32, plane: u32 }
    @group(0) @binding(0) var<uniform> p: Place;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x >= arrayLength(&y)) { return; }
      let n = id.x / (p.channels * p.plane);
      let c = id.x / p.plane % p.channels;
      y[id.x] = 2.0 * x[p.first + (n * p.plane + id.x % p.plane) * p.stride + c];
    }`;
  const layout = 'auto';
  const pipeline = device.createComputePipeline({
    layout,
    compute: { module: device.createShaderModule({ code }) },
  });
  const doubled = (name: string, channels: number, plane: number) => {
    const { buffer, offset, stride } = program.range(name);
    const place = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(place, 0, Uint32Array.of(offset / 4, stride, channels, plane));
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
    const y = device.createBuffer({ size: 4 * BATCH * channels * plane, usage });
    const entries = [place, buffer, y].map((each, binding) => ({ binding, resource: { buffer: each } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(Math.ceil(y.size / 256));
    pass.end();
    device.queue.submit([encoder.finish()]);
    return y;
  };
  program.write('images', ALL.images.slice(0, BATCH * LENGTH));
  program.run();
  // In the order of the queue, without waiting.
  const mine = {
    images: doubled('images', 3, 36),
    pool1: doubled('pool1', 8, 9),
    flat: doubled('flat', 8, 9),
  };
  const passes = Object.fromEntries(
    await Promise.all(
      Object.entries(mine).map(async ([name, y]) => [name, await readBack(device, y)] as const),
    ),
  );
  const copies: Record<string, number[]> = {};
  const read: Record<string, number[]> = {};
  for (const name of ['images', 'pool1', 'flat', 'fc']) {
    read[name] = [...(await program.read(name))];
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
    const buffer = device.createBuffer({ size: 8 + 4 * read[name].length, usage });
    await copyToBuffer(program, name, { buffer, offset: 8 });
    copies[name] = (await readBack(device, buffer)).slice(2);
  }
  const { buffer, ...range } = program.range('pool1');
  const small = device.createBuffer({ size: 8, usage: GPUBufferUsage.STORAGE });
  const messages = await attempt({
    'copy into too few bytes': () => copyToBuffer(program, 'fc', { buffer: small }),
    'copy a weight': () => copyToBuffer(program, 'fc.weight', { buffer: small }),
    'copy what is not kept': () => copyToBuffer(program, 'conv1', { buffer: small }),
    'copy what nobody knows': () => copyToBuffer(program, 'pool2', { buffer: small }),
    'range of what is not kept': () => program.range('conv1'),
  });
  program.destroy();
  parameters.destroy();
  return { passes, copies, read, range, size: buffer.size, messages };
}

/** Buffers that will not do, and whether all goes on afterwards. */
export async function badBuffers(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const adapter = (await context.gpu.requestAdapter()) as GPUAdapter;
  const other = await openEngine({ adapter });
  const { device } = engine;
  const trainer = await smallTrainer(engine, BATCH);
  const network = smallNetwork(BATCH);
  const { parameters } = trainer;
  const classifier = await Classifier.create(engine, { ...network, parameters });
  const four = ALL.images.slice(0, BATCH * LENGTH);
  const make = (range: object, on = engine) => fromBuffer(on, range as never);
  const buffer = callersBuffer(device, four);
  const gone = callersBuffer(device, four);
  gone.destroy();
  const foreign = callersBuffer(other.device, four);
  const [good, dead, alien, theirs] = await Promise.all([
    make({ buffer }),
    make({ buffer: gone }),
    make({ buffer: foreign }),
    make({ buffer: foreign }, other),
  ]);
  const three = await make({ buffer, size: 3 * 4 * LENGTH });
  const odd = await make({ buffer, size: 4 * LENGTH - 4 });
  const usage = GPUBufferUsage.COPY_SRC;
  const before = await parameters.readAll();
  const labels = [0, 1, 2, 0];
  const messages = await attempt({
    'no storage': () => make({ buffer: callersBuffer(device, four, { usage }) }),
    'an odd offset': () => make({ buffer, offset: 2 }),
    'a negative offset': () => make({ buffer, offset: -4 }),
    'beyond the end': () => make({ buffer, offset: buffer.size - 4, size: 8 }),
    'an array': () => make({ buffer: four }),
    'an option': () => make({ buffer, ofset: 4 }),
    'half an image': () => classifier.run(odd),
    'an image too few, step': () => trainer.step(three, labels),
    'an image too few, write': () => classifier.program.write('images', three),
    "another engine's source": () => trainer.step(theirs, labels),
    labels: () => trainer.program.write('labels', good),
    'no such input': () => classifier.program.write('photos', good),
    'destroyed, classify': () => classifier.run(dead),
    'of another device, classify': () => classifier.run(alien),
  });
  // The sentence of the device follows.
  const after = await parameters.readAll();
  const unchanged = [...before].every(([name, { data }]) =>
    data.every((number, at) => number === after.get(name)?.data[at]),
  );
  const again = await Classifier.create(engine, { ...network, parameters });
  const works = (await again.run(good)).scores.length;
  const halting = await attempt({
    'destroyed, step': () => trainer.step(dead, labels),
    'the step after': () => trainer.step(four, labels),
    'a checkpoint after': () => trainer.checkpoint(),
  });
  for (const each of [classifier, again, trainer]) each.destroy();
  other.destroy();
  return { messages: { ...messages, ...halting }, unchanged, works };
}

/** Two engines that train side by side: one on the caller's device, one on its own. */
export async function twoEngines(context: JobContext, _args: null) {
  const adapter = (await context.gpu.requestAdapter()) as GPUAdapter;
  const device = await adapter.requestDevice();
  let told = 0;
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    told++;
  });
  const own = await openEngine({ adapter: (await context.gpu.requestAdapter()) as GPUAdapter });
  const shared = await openEngine({ device });
  const { images, labels } = smallImages(BATCH);
  const train = async (engine: Engine) => {
    const trainer = await smallTrainer(engine, BATCH);
    const losses: number[] = [];
    await trainer.fit(
      [0, 1, 2].map(() => ({ images, labels })),
      {
        steps: 3,
        onStep({ total }) {
          if (engine === shared) device.createBuffer({ size: 4, usage: 0x8000 });
          losses.push(total);
        },
      },
    );
    trainer.destroy();
    return losses;
  };
  const alone = [await train(own), await train(shared)];
  const beside = await Promise.all([train(own), train(shared)]);
  await device.queue.onSubmittedWorkDone();
  await new Promise((resolve) => setTimeout(resolve, 20));
  own.destroy();
  shared.destroy();
  // The caller's own device is still theirs.
  const lost = await Promise.race([
    device.lost.then(() => true),
    new Promise<boolean>((done) => setTimeout(() => done(false), 20)),
  ]);
  device.destroy();
  return { alone, beside, told, lost };
}
