import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { smallImages, smallTrainer } from '../small_trainer';
import type { Pace } from '../../../src/gpu/pace';
import { profileProgram } from '../../../src/runtime/profile';
import type { Program } from '../../../src/runtime/program';
import { searchNotFinite } from '../../../src/runtime/search_not_finite';

const BATCH = 4;

/** Steps of training with each budget: the losses, the bits of the weights after them, and the submits. */
export async function trainWithin(
  context: JobContext,
  { budgets, steps }: { readonly budgets: readonly number[]; readonly steps: number },
) {
  const engine = await sharedEngine(context);
  const { images, labels } = smallImages(BATCH);
  const runs = [];
  for (const submitSeconds of budgets) {
    const trainer = await smallTrainer(engine, BATCH, { dropout: 0.5, submitSeconds });
    const losses: number[] = [];
    const before = engine.counters.submits;
    for (let step = 0; step < steps; step++) losses.push((await trainer.step(images, labels)).total);
    const submits = engine.counters.submits - before;
    const weights = [...(await trainer.parameters.readAll()).values()].map(
      ({ data }) => new Uint32Array(Float32Array.from(data).buffer),
    );
    runs.push({ losses, weights, submits, dispatches: trainer.program.dispatches });
    trainer.destroy();
  }
  return runs;
}

/** Submits of each of two runs, where an adapter is taken to be of this pace; the second runs when the first is done. */
export async function submitsAtPace(context: JobContext, { pace }: { readonly pace: Pace }) {
  const engine = { ...(await sharedEngine(context)), pace };
  const trainer = await smallTrainer(engine, BATCH);
  const { program } = trainer;
  const counts: number[] = [];
  for (let run = 0; run < 2; run++) {
    const before = engine.counters.submits;
    program.run();
    counts.push(engine.counters.submits - before);
    await engine.device.queue.onSubmittedWorkDone();
  }
  trainer.destroy();
  return { counts, dispatches: program.dispatches };
}

/** Dispatches and submits of the search for NaN and of the profiler, where an adapter is taken to be of this pace. */
export async function othersAtPace(context: JobContext, { pace }: { readonly pace: Pace }) {
  const engine = { ...(await sharedEngine(context)), pace };
  const counted = async (work: (program: Program) => Promise<unknown>) => {
    const trainer = await smallTrainer(engine, BATCH);
    const before = engine.counters.snapshot();
    await work(trainer.program);
    const { dispatches, submits } = engine.counters;
    trainer.destroy();
    return { dispatches: dispatches - before.dispatches, submits: submits - before.submits };
  };
  const search = await counted((program) => searchNotFinite(program, {}));
  let method = '';
  const profile = await counted(async (program) => ({ method } = await profileProgram(program)));
  return { search, profile, method };
}

/** The message of the error that a trainer with this budget meets. */
export async function refusedBudget(context: JobContext, { seconds }: { readonly seconds: number }) {
  const engine = await sharedEngine(context);
  try {
    (await smallTrainer(engine, BATCH, { submitSeconds: seconds })).destroy();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
