import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { openEngine } from '../../../src/gpu/engine';
import { saveWeights } from '../../../src/io/weights';
import { Parameters } from '../../../src/runtime/parameters';
import { Classifier } from '../../../src/train/classifier';

const BATCH = 2;

/** A device that the caller made, and does with as they like. */
export async function callersDevice({ gpu }: JobContext, _args: null) {
  const adapter = (await gpu.requestAdapter()) as GPUAdapter;
  const device = await adapter.requestDevice();
  let told = 0;
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    told++;
  });
  const engine = await openEngine({ device });
  const { images, labels } = smallImages(BATCH);
  const trainer = await smallTrainer(engine, BATCH);
  const { parameters } = trainer;
  const network = { ...smallNetwork(BATCH), parameters };
  const classifier = await Classifier.create(engine, network);
  await trainer.step(images, labels);
  const goWrong = async () => {
    device.createBuffer({ label: 'faulty', size: 4, usage: 0x8000 });
    await device.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await goWrong();
  const messages = await attempt({
    'after a wrong command, step': () => trainer.step(images, labels),
    'after a wrong command, classify': () => classifier.run(images),
    'after a wrong command, checkpoint': () => trainer.checkpoint(),
    'after a wrong command, new parameters': async () =>
      (await Parameters.create(engine, network.graph)).destroy(),
    'a second engine of the adapter': () => openEngine({ adapter }),
  });
  trainer.destroy();
  Object.assign(
    messages,
    await attempt({
      'trainer destroyed, save': () => saveWeights(parameters),
      'trainer destroyed, step': () => trainer.step(images, labels),
      'trainer destroyed, checkpoint': () => trainer.checkpoint(),
      'trainer destroyed, classify': () => classifier.run(images),
      'trainer destroyed, read': () => classifier.program.read(network.scores),
    }),
  );
  classifier.destroy();
  const { liveBuffers } = engine.counters;
  engine.destroy();
  Object.assign(
    messages,
    await attempt({
      'engine destroyed, parameters': () => Parameters.create(engine, network.graph),
      'engine destroyed, trainer': () => smallTrainer(engine, BATCH),
    }),
  );
  device.destroy();
  return { messages, told, live: liveBuffers };
}
