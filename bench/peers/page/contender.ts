import type { Problem } from '../problem';

/** What one run leaves: scores of the main classifier, (N, classes), after `forward`, else the loss. */
export type Outcome = { readonly scores: Float32Array } | { readonly loss: number };

/** A framework with a problem loaded. */
export interface Prepared {
  /** From images in memory to the outcome in memory, all work on the GPU finished. */
  run(): Promise<Outcome>;
  /** Gradients of the latest run by the names in `problem.checked`, in PyTorch's order. */
  gradients(): Promise<Map<string, Float32Array>>;
  dispose(): void | Promise<void>;
}

/** A framework, opened on a device of its own. */
export interface Contender {
  readonly device: GPUDevice;
  prepare(problem: Problem): Promise<Prepared>;
  /** Of GPU buffers by the framework's own count, with those that it keeps to use again; missing where it has none. */
  readonly bytes?: () => number;
}

/** What each file in this folder named after a framework exports. */
export type Open = () => Promise<Contender>;
