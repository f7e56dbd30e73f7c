import { AbortError, ValueError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { isKernel, requireKernels, withoutKernels } from '../doctor/exclude';
import { withChoice, type Engine } from '../gpu/engine';
import { byTable } from '../core/choices';
import type { OnCompileProgress } from '../runtime/compile_kernels';
import { withPauses } from '../runtime/pause';
import { cursorOf } from '../train/epochs';
import { chooseSettings, type RunSettings, type Wishes } from '../train/presets';
import { trainReliably, type ReliableOptions } from '../train/reliable';
import { readSettings, storeSettings } from '../train/stored_settings';
import type { StepLosses } from '../train/step_report';
import type { Trainer } from '../train/trainer';
import { batchView } from './batch_view';
import type { Feed } from './data_set';
import type { Evaluation, PageOptions, Ready, StepRecord } from './events';
import { handOver } from './hand_over';
import { Judging } from './judging';
import { memoryOf } from './memory';
import { trainerOptions } from './prepare';
import type { TrainRunOptions } from './train_run_options';
import { describeTuning, tuningOf } from './tuning';

/** Seconds of work that are lost at most with the browser. */
const CHECKPOINT_SECONDS = 30;

/**
 * Trains GoogLeNet on pictures, hands over the weights, and judges them by pictures that it never saw; the loss of the device costs the
 * steps since the last checkpoint, and no bit of the result.
 *
 * @returns undefined if it was stopped before the first step, or no picture is held out
 * @throws what the engine throws; {DeviceLostError | NoAdapterError} if the GPU went away and does not come back
 */
export async function trainRun(run: TrainRunOptions): Promise<Evaluation | undefined> {
  const { options, resume, signal, onEvent, data } = run;
  const start = performance.now();
  let first: Engine | undefined = await run.open();
  let evaluation: Evaluation | undefined;
  try {
    requireKernels('--exclude', options.wishes.exclude ?? []);
    const { settings, because } = resume
      ? { settings: goOnWith(readSettings(resume), options.wishes), because: undefined }
      : chooseSettings(options.wishes, first, data.count, data.counts);
    requireProfilable(options, settings);
    // Tuning may find kernels with other working memory; those of a checkpoint are known.
    const usable = withoutKernels(first, settings.exclude);
    const planned = resume ? withChoice(usable, byTable(resume.plan.choices)) : usable;
    const memory = await withPauses(memoryOf(planned, settings, data.classes.length, options.memory));
    await onEvent({ kind: 'memory', memory });
    const tune = tuningOf(options, run.store, signal, onEvent);
    const open = async (): Promise<Engine> => {
      const engine = first ?? (await run.open());
      first = undefined;
      return withoutKernels(engine, settings.exclude);
    };
    let began = false;
    let trained = 0;
    let feed: Feed | undefined;
    const compiling = tellCompiling(onEvent);
    const judging = new Judging(options.judging ?? { share: 0 }, data, settings, onEvent, signal);
    const stop = AbortSignal.any([signal, judging.enough]);
    const told = tellSteps(run, settings, judging);
    await trainReliably({
      ...told.options,
      signal: stop,
      open,
      build: async (engine) => {
        // That of a lost device is gone with it.
        feed = await data.feed(engine, settings);
        const { length } = data.classes;
        if (options.dumpBatch && !began) await dumpBatch(run, engine, feed, settings);
        const told = began ? undefined : compiling;
        return trainerOptions(engine, settings, length, tune, told, run.initial);
      },
      onTrainer: async (trainer) => {
        const seconds = (performance.now() - start) / 1000;
        if (!began)
          await onEvent({ kind: 'ready', ready: describe(trainer, run, settings, because, seconds) });
        if (!began && trainer.warning !== undefined) await onEvent({ kind: 'notice', text: trainer.warning });
        if (!began) trained = performance.now();
        began = true;
        judging.watch(trainer, feed as Feed);
        told.restart();
      },
      onDone: async (trainer) => {
        judging.end();
        const best = await judging.keepBest(trainer);
        const averaged = best || settings.average === 'none' ? undefined : await trainer.averaged();
        evaluation = await handOver(trainer, run, settings, feed as Feed, trained, averaged);
        feed?.destroy();
      },
      steps: settings.steps,
      batches: (done) => (feed as Feed).batches(done),
      about: (done) => ({
        cursor: cursorOf(data.count, settings.batch, done),
        settings: storeSettings(settings),
      }),
    });
  } catch (error) {
    if (!(error instanceof AbortError)) throw error;
  } finally {
    (first as Engine | undefined)?.destroy();
  }
  return evaluation;
}

/**
 * The settings of a run that goes on, perhaps longer; kernels that somebody has found wrong meanwhile are left out, too. One that an
 * earlier version left out may not exist any more.
 */
const goOnWith = (settings: RunSettings, { exclude = [], steps = settings.steps }: Wishes): RunSettings => ({
  ...settings,
  steps,
  exclude: [...new Set([...settings.exclude.filter(isKernel), ...exclude])],
});

async function dumpBatch(
  { data, resume, onEvent }: TrainRunOptions,
  engine: Engine,
  feed: Feed,
  settings: RunSettings,
): Promise<void> {
  for await (const batch of feed.batches(resume?.step ?? 0)) {
    return onEvent({ kind: 'batch', ...(await batchView(engine, batch, settings, data)) });
  }
}

function requireProfilable({ profile }: PageOptions, { microBatches }: RunSettings): void {
  if (!profile || microBatches === 1) return;
  const problem = 'times the launches of a step that comes in one part';
  throw new ValueError('--profile', problem, `${microBatches} micro-batches`, 'leave out one or the other');
}

/** What is told and kept while it trains. */
function tellSteps(run: TrainRunOptions, { steps }: RunSettings, judging: Judging) {
  const { options, resume, onCheckpoint, onEvent } = run;
  let before = performance.now();
  const onStep = async (losses: StepLosses): Promise<void> => {
    const now = performance.now();
    const seconds = (now - before) / 1000;
    before = now;
    await onEvent({ kind: 'step', record: recordOf(losses, seconds) });
    // Judging is no part of a step's time.
    before += await judging.after(losses.step + 1);
  };
  const told = {
    ...(resume && { resume }),
    every: { steps: options.checkpointEvery ?? steps, seconds: CHECKPOINT_SECONDS },
    onStep,
    onCheckpoint,
    onLost: ({ step, from }) => {
      const text = `the GPU device was lost after step ${step}; going on from step ${from}`;
      void onEvent({ kind: 'notice', text });
    },
    ...(options.profile && {
      onProfile: (profile) => onEvent({ kind: 'profile', of: 'training step', profile }),
    }),
  } satisfies Partial<ReliableOptions>;
  /** The next step's time is counted from now. */
  const restart = (): void => void (before = performance.now());
  return { options: told, restart };
}

export function recordOf(
  { step, rate, total, losses, gradientNorm }: StepLosses,
  seconds: number,
): StepRecord {
  const { main = NaN, aux1 = NaN, aux2 = NaN } = losses;
  return { step: step + 1, rate, total, gradientNorm, losses: { main, aux1, aux2 }, seconds };
}

export function describe(
  { engine, parameters, tuned }: Trainer,
  { resume, data }: TrainRunOptions,
  settings: RunSettings,
  because: string | undefined,
  seconds: number,
): Ready {
  return {
    adapter: engine.adapterName,
    software: engine.software,
    settings,
    data: {
      name: data.name,
      classes: data.classes.length,
      count: data.count,
      judged: data.judged(settings).length,
    },
    ...(because !== undefined && { because }),
    ...(resume ? { kernels: 'those of the checkpoint', notes: [] } : describeTuning(engine, tuned)),
    parameters: parameters.specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    pipelines: engine.pipelines.statistics.count,
    compileSeconds: engine.pipelines.statistics.milliseconds / 1000,
    seconds,
  };
}

function tellCompiling(onEvent: TrainRunOptions['onEvent']): OnCompileProgress {
  let start: number | undefined;
  return ({ done, total }) => {
    start ??= performance.now();
    void onEvent({ kind: 'compiling', done, total, seconds: (performance.now() - start) / 1000 });
  };
}
