import type { Agreement } from '../compare';
import type { Name } from '../contenders';
import type { Sizes, Task } from '../problem';

/** What `run` tells; `loss` where the task has one. */
export interface Run {
  readonly milliseconds: number;
  readonly loss?: number;
}

/** What the page shows to Node, as `window.peers`. Every call rejects with what went wrong on a GPU device. */
export interface PageFace {
  /** Opens a framework on a device of its own. */
  open(name: Name): Promise<{ readonly milliseconds: number; readonly adapter: string }>;
  /** Loads a task into a framework and runs it once, compiling what it needs. */
  start(name: Name, task: Task, sizes: Sizes): Promise<Run & { readonly loading: number }>;
  /** How far the first runs of two frameworks are apart. */
  compare(name: Name, reference: Name): Promise<Agreement>;
  /** One run, its dispatches counted, and the bytes that the framework then has on the GPU, if it tells. */
  count(name: Name): Promise<Run & { readonly dispatches: number; readonly bytes?: number }>;
  /** One run, on the clock. */
  run(name: Name): Promise<Run>;
  /** Frees what `start` made. */
  stop(name: Name): Promise<void>;
}

declare global {
  interface Window {
    peers?: PageFace;
  }
}
