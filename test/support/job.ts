import type { Json } from './wire';

/** What the page hands to each job. */
export interface JobContext {
  /** One device for the whole run, so that each pipeline is compiled once. Jobs must not destroy it. */
  readonly device: GPUDevice;
  /** For its limits and name; it has given its device, and gives no second one. */
  readonly adapter: GPUAdapter;
}

/** Work done in the page: an async function exported from a file in test/support/jobs, called by its name. */
export type Job = (context: JobContext, args: never) => Promise<unknown>;

/** What `run` in the page resolves with, encoded. */
export type Reply = { readonly value: Json } | { readonly faults: readonly string[] };

/** What the page shows to puppeteer, as `window.inception`. */
export interface PageFace {
  /** Resolves with the adapter's name once the device is there and the jobs are loaded. */
  readonly ready: Promise<string>;
  /** Runs a job by name. Arguments and reply are encoded (see wire.ts); it never rejects. */
  run(name: string, args: string): Promise<string>;
}

declare global {
  interface Window {
    inception?: PageFace;
  }
}
