import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { JUNK } from '../fuzz/abuse';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { diagnose } from '../../../src/doctor/diagnose';
import { withoutKernels } from '../../../src/doctor/exclude';
import { diagnosisText } from '../../../src/doctor/text';
import { EngineError } from '../../../src/core/errors';
import { loadWeights } from '../../../src/io/weights';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { tune } from '../../../src/runtime/tuning/tune';
import { Update } from '../../../src/runtime/update';
import { Classifier } from '../../../src/train/classifier';
import { trainReliably } from '../../../src/train/reliable';
import { Trainer } from '../../../src/train/trainer';
import { sgd } from '../../../src/optim/sgd';

/** Calls of everything that needs a device, with junk for one argument; tells of each that gives no typed error. */
export async function junkCalls(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, 2);
  const { images: photos, labels } = smallImages(2);
  const { graph, images, scores } = smallNetwork(2);
  const { parameters } = trainer;
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  const heads = [{ name: 'main', scores, weight: 1 }];
  const whole = { graph, images, heads, optimizer: sgd({ momentum: 0.9 }), rate: 0.1 } as const;
  const create = (field: string) => (junk: never) => Trainer.create(engine, { ...whole, [field]: junk });
  const calls: Readonly<Record<string, (junk: never) => unknown>> = {
    'Trainer.create engine': (junk) => Trainer.create(junk, whole),
    'Trainer.create options': (junk) => Trainer.create(engine, junk),
    'Trainer.create heads': create('heads'),
    'Trainer.create optimizer': create('optimizer'),
    'trainer.step images': (junk) => trainer.step(junk, labels),
    'trainer.step labels': (junk) => trainer.step(photos, junk),
    'trainer.fit steps': (junk) => trainer.fit([], { steps: junk }),
    'Classifier.create engine': (junk) => Classifier.create(junk, { graph, images, scores, parameters }),
    'Classifier.create options': (junk) => Classifier.create(engine, junk),
    'classifier.run images': (junk) => classifier.run(junk),
    'Parameters.create engine': (junk) => Parameters.create(junk, graph),
    'Parameters.create graph': (junk) => Parameters.create(engine, junk),
    'parameters.load': (junk) => parameters.load(junk),
    loadWeights: (junk) => loadWeights(parameters, junk),
    'Update.create parameters': (junk) => Update.create(junk, sgd({ momentum: 0.9 })),
    'Update.create optimizer': (junk) => Update.create(parameters, junk),
    'gradientBuffer engine': (junk) => gradientBuffer(junk, graph),
    'gradientBuffer graph': (junk) => gradientBuffer(engine, junk),
    'Program.create engine': (junk) => Program.create(junk, graph),
    'Program.create graph': (junk) => Program.create(engine, junk),
    'diagnose engine': (junk) => diagnose(junk),
    'withoutKernels engine': (junk) => withoutKernels(junk, []),
    'withoutKernels kernels': (junk) => withoutKernels(engine, [junk]),
    diagnosisText: (junk) => diagnosisText(junk),
    'trainReliably options': (junk) => trainReliably(junk),
    'trainReliably steps': (junk) =>
      trainReliably({
        open: () => Promise.resolve(engine),
        build: () => whole,
        batches: () => [],
        steps: junk,
      }),
    'tune engine': (junk) => tune(junk, graph),
    'tune graph': (junk) => tune(engine, junk),
    'program.write name': (junk) => classifier.program.write(junk, photos),
    'program.write data': (junk) => classifier.program.write('images', junk),
    'program.read': (junk) => classifier.program.read(junk),
  };
  const untyped: string[] = [];
  let made = 0;
  for (const [name, call] of Object.entries(calls)) {
    for (const [what, junk] of Object.entries(JUNK)) {
      made++;
      try {
        await call(junk as never);
        untyped.push(`${name}, ${what}: no error`);
      } catch (error) {
        if (!(error instanceof EngineError)) untyped.push(`${name}, ${what}: ${String(error)}`);
      }
    }
  }
  const { total } = await trainer.step(photos, labels);
  classifier.destroy();
  trainer.destroy();
  return { made, untyped, worksAfterwards: Number.isFinite(total) };
}
