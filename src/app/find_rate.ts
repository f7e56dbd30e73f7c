import { NotFiniteError } from '../core/errors';
import { requireKernels, withoutKernels } from '../doctor/exclude';
import { withPauses } from '../runtime/pause';
import { chooseSettings } from '../train/presets';
import { hasDiverged, RANGE, rangeRate } from '../train/rate_range';
import { Trainer } from '../train/trainer';
import { memoryOf } from './memory';
import { trainerOptions } from './prepare';
import { describe, recordOf } from './train_run';
import type { TrainRunOptions } from './train_run_options';
import { tuningOf } from './tuning';

/**
 * Trains while the rate rises, until the loss grows without end, and tells of each step; what it learns is thrown away.
 * @throws what the engine throws; {DeviceLostError} if the GPU goes away
 */
export async function findRate(run: TrainRunOptions): Promise<undefined> {
  const { options, data, signal, onEvent } = run;
  const start = performance.now();
  requireKernels('--exclude', options.wishes.exclude ?? []);
  const opened = await run.open();
  try {
    const { steps = RANGE.steps } = options.wishes;
    const { settings: chosen, because } = chooseSettings(
      { ...options.wishes, steps },
      opened,
      data.count,
      data.counts,
    );
    const settings = { ...chosen, rate: RANGE.to, warmup: steps, decay: 'none', average: 'none' } as const;
    const engine = withoutKernels(opened, settings.exclude);
    const { length } = data.classes;
    const memory = await withPauses(memoryOf(engine, settings, length, options.memory));
    await onEvent({ kind: 'memory', memory });
    const feed = await data.feed(engine, settings);
    const tune = tuningOf(options, run.store, signal, onEvent);
    const made = await trainerOptions(engine, settings, length, tune, undefined, run.initial);
    const trainer = await Trainer.create(engine, { ...made, rate: rangeRate(steps) });
    const ready = describe(trainer, run, settings, because, (performance.now() - start) / 1000);
    await onEvent({ kind: 'ready', ready });
    const losses: number[] = [];
    const far = new AbortController();
    let before = performance.now();
    const fitted = trainer.fit(feed.batches(0), {
      steps,
      signal: AbortSignal.any([signal, far.signal]),
      onStep: async (step) => {
        const now = performance.now();
        await onEvent({ kind: 'step', record: recordOf(step, (now - before) / 1000) });
        before = now;
        losses.push(step.total);
        if (hasDiverged(losses)) far.abort();
      },
    });
    await fitted.catch((error: unknown) => {
      // A loss that is not finite is one that grew without end.
      if (!(error instanceof NotFiniteError) && !far.signal.aborted && !signal.aborted) throw error;
    });
  } finally {
    opened.destroy();
  }
}
