import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { IMAGE, smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { sizeOf } from '../../../src/core/shape';
import { Graph } from '../../../src/graph/graph';
import { differentiate } from '../../../src/graph/differentiate';
import { loadWeights, saveWeights } from '../../../src/io/weights';
import { readSafetensors, writeSafetensors, type TensorToWrite } from '../../../src/io/safetensors';
import { layers } from '../../../src/models/layers';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { Classifier } from '../../../src/train/classifier';
import { Trainer } from '../../../src/train/trainer';
import { sgd } from '../../../src/optim/sgd';

const BATCH = 2;
const SIZE = sizeOf(IMAGE);

export async function badImages(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, BATCH);
  const { images, labels } = smallImages(BATCH);
  const step = (images: unknown, classes: ArrayLike<number> = labels) =>
    trainer.step(images as Float32Array, classes);
  const before = await saveWeights(trainer.parameters);
  const messages = await attempt({
    'one image too few': () => step(images.subarray(SIZE)),
    Float64Array: () => step(Float64Array.from(images)),
    Uint8Array: () => step(new Uint8Array(images.length)),
    'plain array': () => step([...images]),
    NaN: () => step(images.with(SIZE + 2 * 36 + 3 * 6 + 5, NaN)),
    infinity: () => step(images.with(7, -Infinity)),
    'too few labels': () => step(images, [1]),
    'label 3': () => step(images, [0, 3]),
    'label -1': () => step(images, [-1, 0]),
    'label 1.5': () => step(images, [0, 1.5]),
    'label NaN': () => step(images, [NaN, 0]),
  });
  const after = await saveWeights(trainer.parameters);
  const unchanged = trainer.steps === 0 && after.every((byte, index) => byte === before[index]);
  const { total } = await trainer.step(images, labels);
  trainer.destroy();
  return { messages, unchanged, worksAfterwards: Number.isFinite(total) };
}

export async function badWeights(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph } = smallNetwork(BATCH);
  const parameters = await Parameters.create(engine, graph);
  const good = await saveWeights(parameters);
  const { tensors } = readSafetensors(good);
  const file = (change: (tensors: Map<string, TensorToWrite>) => void): Uint8Array => {
    const changed = new Map<string, TensorToWrite>(tensors);
    change(changed);
    return writeSafetensors(changed);
  };
  const load = (bytes: Uint8Array) => () => loadWeights(parameters, bytes, { where: 'w.safetensors' });
  const shape = [8, 3, 3, 3];
  const three = { shape: [3], data: new Float32Array(3) };
  const direct = (name: string, tensor = three) => parameters.load(new Map([[name, tensor]]));
  const messages = await attempt({
    'cut after 4 bytes': load(good.subarray(0, 4)),
    'cut in the header': load(good.subarray(0, 100)),
    'cut in the data': load(good.subarray(0, good.length - 4)),
    empty: load(new Uint8Array(0)),
    'no safetensors': load(new TextEncoder().encode('<!doctype html><html></html>')),
    'a parameter missing': load(file((all) => all.delete('conv2.bias'))),
    'all parameters missing': load(writeSafetensors([])),
    'an unknown parameter': load(file((all) => all.set('conv9.bias', three))),
    'another shape': load(
      file((all) => all.set('conv1.weight', { shape: [8, 27], data: new Float32Array(216) })),
    ),
    'whole numbers': load(file((all) => all.set('conv1.weight', { shape, data: new Int32Array(216) }))),
    'a NaN': load(file((all) => all.set('fc.bias', { shape: [3], data: Float32Array.of(1, NaN, 2) }))),
    'load: unknown parameter': () => direct('conv9.bias'),
    'load: another shape': () => direct('conv1.bias'),
    'load: fewer numbers than the shape': () => direct('fc.bias', { shape: [3], data: new Float32Array(2) }),
    'load: some missing': () => parameters.load(new Map([['fc.bias', three]])),
  });
  const after = await saveWeights(parameters);
  const unchanged = after.length === good.length && after.every((byte, index) => byte === good[index]);
  parameters.destroy();
  return { messages, unchanged };
}

export async function badCalls(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph, images, scores } = smallNetwork(BATCH);
  const parameters = await Parameters.create(engine, graph);
  const other = await Parameters.create(engine, smallerGraph());
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  const photos = smallImages(BATCH).images;
  const { program } = classifier;
  const differentiated = smallNetwork(BATCH);
  const dy = differentiated.graph.input('dy', differentiated.scores.shape);
  differentiate(differentiated.graph, [{ value: differentiated.scores, gradient: dy }]);

  const messages = await attempt({
    'a value that is not kept': () => program.read('conv1'),
    'an unknown value': () => program.read('conv3'),
    'a gradient in a program without': () => program.read('fc', 'grad'),
    'an unknown input': () => program.write('image', photos),
    'an input of another type': () => program.write('images', new Uint32Array(photos.length)),
    'an input of another length': () => program.write('images', photos.subarray(1)),
    'no parameters': () => Program.create(engine, graph),
    'parameters of another graph': () => Program.create(engine, graph, { parameters: other }),
    'no buffer for gradients': () => Program.create(engine, differentiated.graph, { parameters }),
    'no heads': () =>
      Trainer.create(engine, { graph, images, heads: [], optimizer: sgd({ momentum: 0.9 }), rate: 1 }),
    'top 0': () => classifier.run(photos, { top: 0 }),
    'top 4': () => classifier.run(photos, { top: 4 }),
    'top 1.5': () => classifier.run(photos, { top: 1.5 }),
    'half an image': () => classifier.run(photos.subarray(SIZE / 2)),
    'no image': () => classifier.run(new Float32Array(0)),
    Float64Array: () => classifier.run(Float64Array.from(photos) as unknown as Float32Array),
    Uint8Array: () => classifier.run(new Uint8Array(SIZE)),
    NaN: () => classifier.run(photos.with(3 * 6 + 5, NaN)),
  });
  classifier.destroy();
  for (const each of [parameters, other]) each.destroy();
  return messages;
}

function smallerGraph(): Graph {
  const graph = new Graph();
  layers(graph).conv('conv1', graph.input('x', [1, 3, 6, 6]), { channels: 4, kernel: 3 });
  return graph;
}

export async function divergence(context: JobContext, _args: null) {
  const trainer = await smallTrainer(await sharedEngine(context), BATCH, { rate: 1e30 });
  const { images, labels } = smallImages(BATCH);
  await trainer.step(images, labels);
  const messages = await attempt({ message: () => trainer.step(images, labels) });
  trainer.destroy();
  return messages.message ?? '';
}
