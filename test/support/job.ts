import type { ChoiceStore } from '../../src/runtime/tuning/store';
import type { Json } from './wire';

/** What a host, the page or Node, brings for its jobs. */
export interface JobHost {
  /** Browser or Node, with its version. */
  readonly runtime: string;
  readonly gpu: GPU;
  /** For its limits and name; it gives one device, and no second one. */
  readonly adapter: GPUAdapter;
  /** A file of the repository, e.g. `test/fixtures/scores.json`. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Where `tune` keeps choices; undefined where it finds a place by itself. */
  readonly store?: ChoiceStore;
}

/** What each job gets. */
export interface JobContext extends JobHost {
  /** One device for the whole run, so that each pipeline is compiled once. Jobs must not destroy it. */
  readonly device: GPUDevice;
}

/** Work done by a host: an async function exported from a file in test/support/jobs, called by its name. */
export type Job = (context: JobContext, args: never) => Promise<unknown>;

/** What `run` resolves with, encoded. */
export type Reply = { readonly value: Json } | { readonly faults: readonly string[] };

/** What a host shows to tests; the page shows it to puppeteer, as `window.inception`. */
export interface Runner {
  /** Resolves with the adapter's name once the device is there and the jobs are loaded. */
  readonly ready: Promise<string>;
  /** Runs a job by name. Arguments and reply are encoded (see wire.ts); it never rejects. */
  run(name: string, args: string): Promise<string>;
}

declare global {
  interface Window {
    inception?: Runner;
  }
}
