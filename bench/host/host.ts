import type { ProcessMemory } from './process_memory';
import type { Arguments, JobName, Result } from '../jobs/index';

export interface HostOptions {
  readonly runtime: 'browser' | 'node';
  /** Executable of the browser; default: found, else installed. */
  readonly browser?: string;
  readonly headed: boolean;
  /** Receives what a job says of its progress. */
  readonly onProgress: (progress: string) => void;
}

/** A place where jobs run, with a GPU of its own. */
export interface Host {
  /** What ran, with its version, to stand beside the figures. */
  readonly version: string;
  run<N extends JobName>(name: N, args: Arguments<N>): Promise<Result<N>>;
  /** What the processes that run jobs hold now, after a collection of garbage where the host can ask for one. */
  memory(): Promise<ProcessMemory>;
  close(): Promise<void>;
}
