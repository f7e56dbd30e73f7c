import type { Target } from '../../src/core/op';
import type { EngineOptions } from '../../src/gpu/engine';

/** What a benchmark wants of the engine besides its own choices: the one place where such wishes become options. */
export interface EngineWishes {
  /** A kernel by its name, for every problem that it can compute. */
  readonly kernel?: string;
}

export function engineOptions({ kernel }: EngineWishes): EngineOptions {
  return kernel === undefined ? {} : { choose: choosing(kernel) };
}

export const choosing =
  (kernel: string): NonNullable<Target['choose']> =>
  (_problem, candidates) =>
    candidates.find((name) => name === kernel);
