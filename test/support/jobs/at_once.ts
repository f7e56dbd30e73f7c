import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { IMAGE, smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { openEngine } from '../../../src/gpu/engine';
import { Parameters } from '../../../src/runtime/parameters';
import { trainReliably } from '../../../src/train/reliable';
import { Classifier } from '../../../src/train/classifier';

/** What calls say that come while another of the same trainer is under way, or after one that failed. */
export async function callsAtOnce(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(2);
  const batch = { images, labels };
  const trainer = await smallTrainer(engine, 2);
  const [other, calm] = [await smallTrainer(engine, 2), await smallTrainer(engine, 2)];
  const profiled = trainer.profileStep(images, labels);
  const messages = await attempt({
    'step during profileStep': () => trainer.step(images, labels),
    'profileStep during profileStep': () => trainer.profileStep(images, labels),
    'checkpoint during profileStep': () => trainer.checkpoint(),
  });
  const { losses } = await profiled;
  await calm.step(images, labels);
  const [mine, theirs] = [await trainer.parameters.readAll(), await calm.parameters.readAll()];
  const same = [...mine].every(([name, { data }]) =>
    data.every((number, index) => number === theirs.get(name)?.data[index]),
  );
  const fail = () => {
    throw new Error('of the caller');
  };
  const later = await attempt({
    'onStep throws': () => other.fit([batch, batch, batch], { steps: 3, onStep: fail }),
    'two steps after that': () => Promise.all([other.step(images, labels), other.step(images, labels)]),
  });
  const first = calm.fit([batch, batch], { steps: 2 });
  const fits = await attempt({
    'fit during fit': () => calm.fit([batch], { steps: 1 }),
    'the first fit': () => first,
    'fit after it': () => calm.fit([batch], { steps: 1 }),
  });
  for (const each of [trainer, other, calm]) each.destroy();
  return { messages: { ...messages, ...later, ...fits }, profiled: losses.step, same };
}

/** What makes no sense together: outputs that are no scores, values of another graph, options that exclude each other. */
export async function contradictions(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const network = smallNetwork(2);
  const { graph, images } = network;
  const { images: photos, labels } = smallImages(2);
  const parameters = await Parameters.create(engine, graph);
  const trainer = await smallTrainer(engine, 2);
  const classifier = await Classifier.create(engine, { ...network, parameters });
  const classify = (name: string) => () =>
    Classifier.create(engine, { graph, images, scores: graph.value(name), parameters });
  const junk = (value: unknown): never => value as never;
  const iterator = (value: unknown) => junk({ [Symbol.iterator]: value });
  const messages = await attempt({
    'scores of four sizes': classify('conv1'),
    'scores that are the images': classify('images'),
    'scores of another batch': classify('fc.weight'),
    'read of another graph': () => trainer.program.read(network.scores),
    'read of a copy': () => trainer.program.read({ ...trainer.program.graph.value('fc') }),
    'range of another graph': () => trainer.program.range(network.scores),
    'a head of weight 0': () =>
      smallTrainer(engine, 2, { heads: [{ name: 'main', scores: network.scores, weight: 0 }] }),
    'an average that takes up two': async () => {
      const average = { name: 'a', settings: {}, factor: () => 2 };
      await (await smallTrainer(engine, 2, { average })).step(photos, labels);
    },
    'a schedule that takes a step': async () => {
      let within: Promise<unknown> = Promise.resolve();
      const rate = () => {
        within = eager.step(photos, labels);
        within.catch(() => undefined);
        return 0.1;
      };
      const eager = await smallTrainer(engine, 2, { rate });
      await eager.step(photos, labels);
      await within;
    },
    'a run on a destroyed engine': async () => {
      const open = async () => {
        const destroyed = await openEngine({ adapter: (await context.gpu.requestAdapter())! });
        destroyed.destroy();
        return destroyed;
      };
      await trainReliably({ open, build: () => junk(network), batches: () => [], steps: 1 });
    },
    'readAll with a hole': () => trainer.program.readAll(junk(new Array(1))),
    'heads with a hole': () => smallTrainer(engine, 2, { heads: junk(new Array(1)) }),
    'parameters and initial': () => smallTrainer(engine, 2, { parameters, initial: 'he' }),
    'a factor of average that is none': () =>
      smallTrainer(engine, 2, { average: junk({ name: 'a', settings: {}, factor: 1 }) }),
    'slots that are no Maps': async () => {
      const resume = await trainer.checkpoint();
      await smallTrainer(engine, 2, {
        resume: { ...resume, slots: junk(new Map([['momentum_buffer', {}]])) },
      });
    },
    'a billion steps in flight': () => smallTrainer(engine, 2, { stepsInFlight: 1e9 }),
    'a group that is infinite': () => smallTrainer(engine, 2, { groups: [{ match: '*', rateScale: 1e39 }] }),
    'an iterator that is none': () => trainer.fit(iterator(undefined), { steps: 1 }),
    'an iterator without next': () =>
      trainer.fit(
        iterator(() => ({})),
        { steps: 1 },
      ),
    'an iterator that gives nothing': () =>
      trainer.fit(
        iterator(() => ({ next: () => undefined })),
        { steps: 1 },
      ),
    'images in a proxy': () => trainer.step(new Proxy(photos, {}), labels),
    'inputs in a Map': () => trainer.step(photos, labels, junk(new Map())),
    'onProgress that rejects': () =>
      classifier.run(new Float32Array(photos.length * IMAGE[0]), {
        onProgress: () => Promise.reject(new Error('of the caller')),
      }),
  });
  const resumed = await smallTrainer(engine, 2, {
    resume: await trainer.checkpoint(),
    seed: 7,
    initial: 'he',
  });
  const again = await smallTrainer(engine, 2, { resume: await trainer.checkpoint() });
  for (const each of [trainer, classifier, parameters, resumed, again]) each.destroy();
  return { messages, notes: [resumed.notes, again.notes] };
}
