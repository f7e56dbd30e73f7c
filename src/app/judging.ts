// Held-out pictures judge the network while it trains, for a stated share of the time; a run may end early by what they say.
import { LimitError, OutOfMemoryError } from '../core/errors';
import { readSafetensors } from '../io/safetensors';
import { saveWeights } from '../io/weights';
import type { RunSettings } from '../train/presets';
import type { Trainer } from '../train/trainer';
import type { DataSet, Feed } from './data_set';
import type { TrainingEvent } from './events';
import { Judge } from './judge';
import type { JudgingOptions } from './judging_options';

/** Held-out pictures that are enough while it trains: all of them judge it at the end. */
const MOST = 1000;
/** Steps before the first judgement, unless half an epoch is shorter. */
const FIRST = 100;

interface Best {
  readonly step: number;
  readonly accuracy: number;
  /** The weights' file; only where a run keeps the best. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

export class Judging {
  readonly #options: JudgingOptions;
  readonly #data: DataSet;
  readonly #settings: RunSettings;
  readonly #tell: (event: TrainingEvent) => void | Promise<void>;
  /** Somebody does not want to wait. */
  readonly #stop: AbortSignal;
  readonly #enough = new AbortController();
  #trainer: Trainer | undefined;
  #feed: Feed | undefined;
  #judge: Judge | undefined;
  #best: Best | undefined;
  /** Judgements since the best. */
  #since = 0;
  /** Milliseconds: the end of the last judgement, and how long it took. */
  #last = { end: 0, took: 0 };
  #count = 0;
  /** There is no memory for it beside the training. */
  #unable = false;

  constructor(
    options: JudgingOptions,
    data: DataSet,
    settings: RunSettings,
    tell: (event: TrainingEvent) => void | Promise<void>,
    stop: AbortSignal,
  ) {
    this.#stop = stop;
    this.#options = options;
    this.#data = data;
    this.#settings = settings;
    this.#tell = tell;
  }

  /** Fires once the run has learnt enough, or learns no more. */
  get enough(): AbortSignal {
    return this.#enough.signal;
  }

  /** From now on this trainer is judged: another before it was lost with its device. */
  watch(trainer: Trainer, feed: Feed): void {
    this.#judge = undefined;
    this.#trainer = trainer;
    this.#feed = feed;
  }

  /** Judges where it is time to. @returns the milliseconds that it took */
  async after(step: number): Promise<number> {
    const [trainer, feed] = [this.#trainer, this.#feed];
    if (!trainer || !feed || !this.#isDue(step)) return 0;
    const start = performance.now();
    const { engine, parameters } = trainer;
    const [data, settings] = [this.#data, this.#settings];
    try {
      this.#judge ??= await Judge.create({ engine, parameters, feed, data, settings });
    } catch (error) {
      if (!(error instanceof LimitError || error instanceof OutOfMemoryError)) throw error;
      this.#unable = true;
      await this.#tell({ kind: 'notice', text: `judged only at the end: ${error.message}` });
      return performance.now() - start;
    }
    // Steps under way change the weights before the first batch reads them.
    const judged = trainer.steps;
    const judgement = await this.#judge.judge((done) => done >= MOST || this.#stop.aborted);
    if (!this.#stop.aborted && judgement.count > 0) {
      const accuracy = judgement.correct / judgement.count;
      const { loss, count } = judgement;
      await this.#tell({ kind: 'judged', judged: { step: judged, accuracy, loss, count } });
      await this.#weigh(judged, accuracy, trainer);
    }
    const end = performance.now();
    // The first has compiled kernels.
    this.#last = { end, took: end - start };
    this.#count++;
    return end - start;
  }

  #isDue(step: number): boolean {
    const { share } = this.#options;
    const { batch, steps } = this.#settings;
    if (share === 0 || this.#unable || step === steps || this.#stop.aborted || this.enough.aborted)
      return false;
    if (this.#count > 0) {
      const { end, took } = this.#last;
      return performance.now() - end >= (took * (1 - share)) / share;
    }
    const first = Math.min(FIRST, Math.ceil(this.#data.count / batch / 2));
    return step >= first && this.#data.judged(this.#settings).length > 0;
  }

  async #weigh(step: number, accuracy: number, { parameters }: Trainer): Promise<void> {
    const { until, patience } = this.#options;
    if (accuracy > (this.#best?.accuracy ?? -1)) {
      const keeps = patience !== undefined;
      this.#best = { step, accuracy, ...(keeps && { bytes: await saveWeights(parameters) }) };
      this.#since = 0;
    } else this.#since++;
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    if (until !== undefined && accuracy >= until) {
      await this.#end(`held-out accuracy reached ${percent(accuracy)} after step ${step}; that is enough`);
    } else if (patience !== undefined && this.#since >= patience) {
      const { step: best, accuracy: most } = this.#best as Best;
      await this.#end(`held-out accuracy was best after step ${best}, ${percent(most)}; it learns no more`);
    }
  }

  async #end(text: string): Promise<void> {
    this.#enough.abort();
    await this.#tell({ kind: 'notice', text });
  }

  /** Gives a trainer at its end the best weights that were seen, where the run keeps them. @returns whether it did */
  async keepBest({ parameters }: Trainer): Promise<boolean> {
    const { bytes, step } = this.#best ?? {};
    if (!bytes || !this.enough.aborted) return false;
    await parameters.load(readSafetensors(bytes).tensors as never);
    await this.#tell({ kind: 'notice', text: `the weights are those of step ${step}` });
    return true;
  }

  /** Frees what judged. */
  end(): void {
    this.#judge?.destroy();
    this.#judge = undefined;
  }
}
