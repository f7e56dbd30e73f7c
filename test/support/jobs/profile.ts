import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { openEngine, type Engine } from '../../../src/gpu/engine';
import { workOf } from '../../../src/graph/work';
import { traceFile } from '../../../src/io/trace';
import { adamw } from '../../../src/optim/adam';
import { Parameters } from '../../../src/runtime/parameters';
import { profileProgram, type Profile } from '../../../src/runtime/profile';
import { Program } from '../../../src/runtime/program';

const BATCH = 8;

/** Losses of three steps, the second one profiled or not, and the profile. */
export async function profileTraining(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(BATCH);
  const run = async (profiled: boolean) => {
    const trainer = await smallTrainer(engine, BATCH, { dropout: 0.5, optimizer: adamw(), rate: 0.01 });
    const losses: number[] = [];
    const profiles: Profile[] = [];
    await trainer.fit(
      Array.from({ length: 3 }, () => ({ images, labels })),
      {
        steps: 3,
        onStep: ({ total }) => void losses.push(total),
        ...(profiled && { onProfile: (profile) => void profiles.push(profile) }),
      },
    );
    const { plan } = trainer.program;
    const { steps } = trainer;
    trainer.destroy();
    return { losses, profiles, steps, launches: plan.launches.length, work: workOf(plan.launches) };
  };
  const plain = await run(false);
  return { plain: plain.losses, ...(await run(true)) };
}

/** A network with no bias fusion that somebody waits for, by the device's clock and, on a device without one, by the queue. */
export async function profileBothWays(context: JobContext, _args: null) {
  const shared = await sharedEngine(context);
  const adapter = await context.gpu.requestAdapter();
  if (!adapter) throw new Error('profileBothWays: no second adapter');
  const device = await adapter.requestDevice({ label: 'without a clock' });
  const without = await openEngine({ adapter, device });
  try {
    return { with: await profile(shared), without: await profile(without) };
  } finally {
    device.destroy();
  }
}

async function profile(engine: Engine) {
  const { graph, images, scores } = smallNetwork(64);
  const parameters = await Parameters.create(engine, graph);
  const program = await Program.create(engine, graph, { parameters, keep: [scores] });
  program.write(images.label, smallImages(64).images);
  program.run();
  const before = await program.read(scores);
  const start = performance.now();
  const found = await profileProgram(program);
  const waited = performance.now() - start;
  const after = await program.read(scores);
  const trace = traceFile({ classification: found });
  program.destroy();
  parameters.destroy();
  const clock = engine.device.features.has('timestamp-query');
  const same = after.every((score, index) => score === before[index]);
  return { clock, same, waited, profile: found, trace };
}
