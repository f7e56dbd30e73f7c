import type { Engine } from '../gpu/engine';
import type { Checkpoint } from '../io/checkpoint';
import type { ChoiceStore } from '../runtime/tuning/store';
import type { DataSet } from './data_set';
import type { PageOptions, TrainingEvent } from './events';

/** What a training run needs. */
export interface TrainRunOptions {
  /** Opens a device; asked again after each that is lost. */
  readonly open: () => Promise<Engine>;
  readonly options: PageOptions;
  readonly data: DataSet;
  /** Where choices of kernels are kept between runs. */
  readonly store: ChoiceStore;
  /** A checkpoint to begin with; its settings are taken, not those of `options`. */
  readonly resume?: Checkpoint;
  /** A file of weights to begin with, where there is no checkpoint. Default: new ones. */
  readonly initial?: Uint8Array | undefined;
  /** Keeps a copy outside the page. What it throws ends the run. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => void | Promise<void>;
  /** Ends training after the step under way; what was learnt is still handed over and briefly judged. */
  readonly signal: AbortSignal;
  /** Waited for where it returns a promise. */
  readonly onEvent: (event: TrainingEvent) => void | Promise<void>;
}
