import { AbortError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { requireDevice, type Engine } from '../gpu/engine';
import type { Digits } from '../io/digits';
import { saveWeights } from '../io/weights';
import type { OnCompileProgress } from '../runtime/compile';
import type { Profile } from '../runtime/profile';
import type { ChoiceStore } from '../runtime/tuning/store';
import { digitBatches } from '../train/digits';
import { chooseSettings, type Settings } from '../train/presets';
import type { StepLosses, Trainer } from '../train/trainer';
import { evaluate } from './evaluate';
import type { Evaluation, PageOptions, Ready, TrainingEvent } from './events';
import { memoryOf, prepare } from './prepare';
import { describeTuning, tuneOptions } from './tuning';

export interface TrainDigitsOptions {
  readonly engine: Engine;
  readonly options: PageOptions;
  readonly data: { readonly train: Digits; readonly test: Digits };
  /** Where choices of kernels are kept between runs. */
  readonly store: ChoiceStore;
  /** Ends training after the step under way; what was learnt is still handed over and briefly judged. */
  readonly signal: AbortSignal;
  /** Waited for where it returns a promise. */
  readonly onEvent: (event: TrainingEvent) => void | Promise<void>;
}

/**
 * Trains GoogLeNet on digits, hands over the weights, and judges them by held-out digits.
 *
 * @returns undefined if it was stopped before the first step
 * @throws what the engine throws; {DeviceLostError} if the GPU went away meanwhile
 */
export async function trainDigits(run: TrainDigitsOptions): Promise<Evaluation | undefined> {
  const { engine, options, data, signal, onEvent } = run;
  const { settings, because } = chooseSettings(options.wishes, engine);
  const start = performance.now();
  await onEvent({ kind: 'memory', memory: memoryOf(engine, settings, options.memory) });
  const tune = tuneOptions(options, run.store, signal, onEvent);
  const prepared = await prepare(engine, settings, tune, tellCompiling(onEvent));
  if (!prepared) return undefined;
  const { trainer, parameters } = prepared;
  try {
    const ready: Ready = {
      adapter: engine.adapterName,
      software: engine.software,
      settings,
      ...(because !== undefined && { because }),
      ...describeTuning(engine, trainer.tuned),
      parameters: parameters.specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      pipelines: engine.pipelines.statistics.count,
      compileSeconds: engine.pipelines.statistics.milliseconds / 1000,
      seconds: (performance.now() - start) / 1000,
    };
    await onEvent({ kind: 'ready', ready });
    await train(trainer, run, settings);
    const { steps } = trainer;
    if (steps === 0) return undefined;
    if (steps < settings.steps) await onEvent({ kind: 'stopping' });

    const metadata = metadataOf(options, settings, engine, steps);
    const bytes = await saveWeights(parameters, metadata);
    await onEvent({ kind: 'weights', bytes });
    trainer.destroy();

    const onProgress = (done: number, count: number): void => {
      void onEvent({ kind: 'classified', done, count });
    };
    const evaluation = await evaluate({
      engine: trainer.engine,
      parameters,
      test: data.test,
      settings,
      signal,
      onProgress,
      ...(options.profile && {
        onProfile: (profile) => onEvent({ kind: 'profile', of: 'classification', profile }),
      }),
    });
    await onEvent({ kind: 'evaluated', evaluation });
    return evaluation;
  } catch (error) {
    requireDevice(engine, 'training'); // Says so where a lost device is behind the error.
    throw error;
  } finally {
    trainer.destroy();
    parameters.destroy();
  }
}

function tellCompiling(onEvent: TrainDigitsOptions['onEvent']): OnCompileProgress {
  let start: number | undefined;
  return ({ done, total }) => {
    start ??= performance.now();
    void onEvent({ kind: 'compiling', done, total, seconds: (performance.now() - start) / 1000 });
  };
}

async function train(trainer: Trainer, run: TrainDigitsOptions, settings: Settings): Promise<void> {
  const { data, signal, options, onEvent } = run;
  const onProfile = (profile: Profile) => onEvent({ kind: 'profile', of: 'training step', profile });
  let before = performance.now();
  const onStep = async ({ step, rate, total, losses }: StepLosses): Promise<void> => {
    const now = performance.now();
    const { main = NaN, aux1 = NaN, aux2 = NaN } = losses;
    const measured = { main, aux1, aux2 };
    const record = { step: step + 1, rate, total, losses: measured, seconds: (now - before) / 1000 };
    await onEvent({ kind: 'step', record });
    before = now;
  };
  try {
    await trainer.fit(digitBatches(data.train, settings), {
      steps: settings.steps,
      signal,
      onStep,
      ...(options.profile && { onProfile }),
    });
  } catch (error) {
    if (!(error instanceof AbortError)) throw error;
  }
}

function metadataOf(
  { version }: PageOptions,
  settings: Settings,
  engine: Engine,
  steps: number,
): Record<string, string> {
  return {
    engine: `inception-webgpu ${version}`,
    model: 'googlenet',
    data: 'mnist',
    adapter: engine.adapterName,
    steps: `${steps}`,
    settings: JSON.stringify(settings),
  };
}
