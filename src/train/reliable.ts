import { AbortError, DeviceLostError, NoAdapterError } from '../core/errors';
import { checkOptions, group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { wasDestroyed, type Engine } from '../gpu/engine';
import type { Checkpoint } from '../io/checkpoint';
import type { Profile } from '../runtime/profile';
import type { AboutRun } from './checkpointing';
import type { Batches } from './fit';
import type { StepLosses } from './step_report';
import { Trainer } from './trainer';
import { RESUME, type TrainerOptions } from './trainer_options';

/** How a run is made, and made again after a loss. */
export interface ReliableOptions {
  /** Opens a device; asked again after each that is lost. It is destroyed when the run ends. */
  readonly open: () => Promise<Engine>;
  /** A network with its heads, made anew for each device: a graph serves one trainer. */
  readonly build: (
    engine: Engine,
  ) => Omit<TrainerOptions, 'resume'> | Promise<Omit<TrainerOptions, 'resume'>>;
  /** The batches from the `done`-th step on: asked for after each checkpoint, and the same whenever it is for the same. */
  readonly batches: (done: number) => Batches;
  /** Number of the step to stop before, counted from the beginning of the run. */
  readonly steps: number;
  /** A checkpoint to begin with. */
  readonly resume?: Checkpoint;
  /** A copy of everything is kept in memory after so many steps, or seconds, whatever comes first. Default 100 and 30. */
  readonly every?: { readonly steps?: number; readonly seconds?: number };
  /** How often in a row, without a step in between, a device may be lost or not be had. Default 5. */
  readonly retries?: number;
  /** What a checkpoint says of the run, after so many steps. */
  readonly about?: (done: number) => AboutRun;
  readonly signal?: AbortSignal;
  /** Each step once, in order, also where it was computed again after a loss. */
  readonly onStep?: (losses: StepLosses) => void | Promise<void>;
  /** Each trainer that is made, before its first step; its `warning` says what resuming cannot promise. */
  readonly onTrainer?: (trainer: Trainer) => void | Promise<void>;
  /** See `FitOptions`; once. */
  readonly onProfile?: (profile: Profile) => void | Promise<void>;
  /** The trainer after the last step, also where `signal` ended the run; a loss of the device is survived here, too. */
  readonly onDone?: (trainer: Trainer) => void | Promise<void>;
  /** Each checkpoint, for a copy on a disk. What it throws ends the run. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void | Promise<void>;
  /** A device was lost at this step; the run goes on from the checkpoint of `from`. */
  readonly onLost?: (loss: {
    readonly error: Error;
    readonly step: number;
    readonly from: number;
  }) => void | Promise<void>;
}

const OPTIONS: Rules<ReliableOptions> = {
  open: is.needed(is.callable),
  build: is.needed(is.callable),
  batches: is.needed(is.callable),
  steps: is.needed(is.whole(0)),
  resume: RESUME,
  every: group<NonNullable<ReliableOptions['every']>>({
    steps: is.whole(1),
    seconds: is.number({ least: 0 }),
  }),
  retries: is.whole(0),
  about: is.callable,
  signal: is.having('aborted', 'addEventListener'),
  onStep: is.callable,
  onTrainer: is.callable,
  onProfile: is.callable,
  onDone: is.callable,
  onCheckpoint: is.callable,
  onLost: is.callable,
};

/** What came of the run. */
export interface ReliableRun {
  /** The last checkpoint, taken after the last step. */
  readonly checkpoint: Checkpoint;
  /** How many devices were lost. */
  readonly lost: number;
}

/** Milliseconds before the first new try; each further one waits twice as long. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 8000;

/**
 * Trains as `Trainer.fit` does, and survives the loss of the device: a new one is opened, the network is built again, and
 * the run goes on from the last checkpoint in memory, with the bits of a run that was not interrupted.
 *
 * @throws {DeviceLostError | NoAdapterError} where devices are lost `retries` times in a row
 * @throws {AbortError} once `signal` fires; the last checkpoint given to `onCheckpoint` is of the last step
 * @throws {NotFiniteError} as `Trainer.step` does, and whatever else is wrong with what was given
 */
export async function trainReliably(options: ReliableOptions): Promise<ReliableRun> {
  checkOptions('training', options, OPTIONS);
  const { retries = 5 } = options;
  const run = new Run(options);
  for (let failures = 0; ;) {
    const before = run.reported;
    try {
      const checkpoint = await run.attempt();
      return { checkpoint, lost: run.lost };
    } catch (error) {
      if (!(await run.isLoss(error))) throw error;
      failures = run.reported > before ? 1 : failures + 1;
      if (failures > retries) throw run.reason(error);
      await run.noteLoss(error);
      await new Promise((resolve) =>
        setTimeout(resolve, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1))),
      );
    } finally {
      run.close();
    }
  }
}

/** One run, over as many devices as it takes. */
class Run {
  engine: Engine | undefined;
  lost = 0;
  /** Steps told of. */
  reported: number;
  readonly #options: ReliableOptions;
  /** Whether there has ever been a device: if not, trying again is no use. */
  #opened = false;
  #trainer: Trainer | undefined;
  #profiled = false;
  #checkpoint: Checkpoint | undefined;

  constructor(options: ReliableOptions) {
    this.#options = options;
    this.#checkpoint = options.resume;
    this.reported = options.resume?.step ?? 0;
  }

  /** Goes on until the end, or the loss of the device. */
  async attempt(): Promise<Checkpoint> {
    const { open, build, batches, steps, signal, onTrainer, onDone } = this.#options;
    const engine = await open();
    this.engine = engine;
    this.#opened = true;
    const resume = this.#checkpoint;
    const trainer = await Trainer.create(engine, { ...(await build(engine)), ...(resume && { resume }) });
    this.#trainer = trainer;
    await onTrainer?.(trainer);
    while (trainer.steps < steps && !signal?.aborted) {
      const before = trainer.steps;
      // Begun anew each time: a batch that was drawn when the checkpoint fell due must not be left out.
      await this.#fitUntilDue(trainer, batches(before));
      if (trainer.steps === before) break; // The batches have ended.
      await this.#keep(trainer);
    }
    const stopped = (signal?.aborted ?? false) && trainer.steps < steps;
    const checkpoint = this.#checkpoint ?? (stopped ? undefined : await this.#keep(trainer));
    if (checkpoint) await onDone?.(trainer);
    if (checkpoint && !stopped) return checkpoint;
    throw new AbortError('training', 'stopped by the caller', `step ${trainer.steps}`);
  }

  /** Steps until the next checkpoint is due. */
  async #fitUntilDue(trainer: Trainer, batches: Batches): Promise<void> {
    const { steps, every = {}, signal, onProfile } = this.#options;
    const { steps: mostSteps = 100, seconds = 30 } = every;
    const due = performance.now() + seconds * 1000;
    const stop = new AbortController();
    const relay = (): void => stop.abort();
    signal?.addEventListener('abort', relay);
    if (signal?.aborted) stop.abort();
    try {
      await trainer.fit(batches, {
        steps: Math.min(mostSteps, steps - trainer.steps),
        signal: stop.signal,
        ...(onProfile &&
          !this.#profiled && {
            onProfile: async (profile: Profile) => {
              this.#profiled = true;
              await onProfile(profile);
            },
          }),
        onStep: async (losses) => {
          if (losses.step >= this.reported) {
            this.reported = losses.step + 1;
            await this.#options.onStep?.(losses);
          }
          if (performance.now() >= due) stop.abort();
        },
      });
    } catch (error) {
      if (!(error instanceof AbortError)) throw error;
    } finally {
      signal?.removeEventListener('abort', relay);
    }
  }

  async #keep(trainer: Trainer): Promise<Checkpoint> {
    const checkpoint = await trainer.checkpoint(this.#options.about?.(trainer.steps));
    this.#checkpoint = checkpoint;
    await this.#options.onCheckpoint?.(checkpoint);
    return checkpoint;
  }

  /** A lost device makes errors of many kinds, some of them before it is said to be lost. */
  async isLoss(error: unknown): Promise<boolean> {
    if (error instanceof DeviceLostError) return true;
    if (error instanceof NoAdapterError) return this.#opened;
    if (error instanceof AbortError || !this.engine) return false;
    await Promise.race([this.engine.device.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
    return this.engine.lostReason() !== undefined && !wasDestroyed(this.engine);
  }

  async noteLoss(error: unknown): Promise<void> {
    this.lost++;
    const from = this.#checkpoint?.step ?? 0;
    await this.#options.onLost?.({ error: this.reason(error), step: this.reported, from });
  }

  /** What to say of a failure behind which there is a lost device. */
  reason(error: unknown): Error {
    if (error instanceof DeviceLostError || error instanceof NoAdapterError) return error;
    const reason = this.engine?.lostReason() ?? 'unknown';
    const advice = 'if every step loses it, make steps shorter: a smaller batch, or more micro-batches';
    return new DeviceLostError('training', 'the GPU device was lost', reason, advice, {
      cause: error,
    });
  }

  /** Frees what the device held, also if it is lost. */
  close(): void {
    this.#trainer?.destroy();
    this.engine?.destroy();
    this.#trainer = undefined;
    this.engine = undefined;
  }
}
