import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { openEngine } from '../../../src/gpu/engine';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { tune } from '../../../src/runtime/tuning/tune';
import { Classifier } from '../../../src/train/classifier';
import { trainReliably } from '../../../src/train/reliable';

/** What public functions say of an option that nobody knows, and what a step says of a rate that is none. */
export async function unknownOptions(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph, images, scores } = smallNetwork(2);
  const photos = smallImages(2);
  const parameters = await Parameters.create(engine, graph);
  const network = { graph, images, scores, parameters };
  const classifier = await Classifier.create(engine, network);
  const trainer = await smallTrainer(engine, 2);
  const junk = (options: object): never => options as never;
  const messages = await attempt({
    openEngine: () => openEngine(junk({ adaptor: context.adapter })),
    'Parameters.create': () => Parameters.create(engine, graph, junk({ sead: 1 })),
    'Program.create': () => Program.create(engine, graph, junk({ parameters, kept: 'all' })),
    'Program.create, fuse': () =>
      Program.create(engine, graph, junk({ parameters, fuse: { biasrelu: false } })),
    'program.run': () => classifier.program.run(junk({ part: ['forward'] })),
    'Trainer.create': () => smallTrainer(engine, 2, junk({ microbatches: 2 })),
    'Trainer.create, lr': () => smallTrainer(engine, 2, junk({ lr: 5 })),
    'trainer.fit': () => trainer.fit([photos], junk({ steps: 1, epoch: 4 })),
    'Classifier.create': () => Classifier.create(engine, junk({ ...network, batch: 3 })),
    'classifier.run': () => classifier.run(photos.images, junk({ topk: 1 })),
    tune: () => tune(engine, graph, junk({ seconds: 3 })),
    trainReliably: () =>
      trainReliably(
        junk({ open: () => engine, build: () => network, batches: () => [], steps: 1, retry: 3 }),
      ),
  });
  const rates: Record<string, unknown> = {
    NaN: NaN,
    text: '0.1',
    negative: -0.1,
    infinite: Infinity,
    'infinite as a float32': 1e39,
    nothing: undefined,
    promise: Promise.resolve(0.1),
  };
  const before = await trainer.parameters.readAll();
  const scheduled: Record<string, string> = {};
  for (const [what, rate] of Object.entries(rates)) {
    const own = await smallTrainer(engine, 2, { parameters: trainer.parameters, rate: () => rate as number });
    Object.assign(scheduled, await attempt({ [what]: () => own.step(photos.images, photos.labels) }));
    own.destroy();
  }
  const after = await trainer.parameters.readAll();
  const unchanged = [...before].every(([name, { data }]) =>
    data.every((number, index) => number === after.get(name)?.data[index]),
  );
  trainer.destroy();
  classifier.destroy();
  parameters.destroy();
  return { messages, scheduled, unchanged };
}
