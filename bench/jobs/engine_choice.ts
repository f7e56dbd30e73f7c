import type { Target } from '../../src/core/op';
import type { EngineOptions } from '../../src/gpu/engine';

/** What a benchmark wants of the engine besides its own choices: the one place where such wishes become options. */
export interface EngineWishes {
  /** A kernel by its name, for every problem that it can compute. */
  readonly kernel?: string;
  /** False: the preferred kernel among those that compute every product of the formula. */
  readonly winograd?: boolean;
}

export function engineOptions({ kernel, winograd = true }: EngineWishes): EngineOptions {
  if (kernel !== undefined) return { choose: choosing(kernel) };
  return winograd ? {} : { choose: (_problem, candidates) => candidates.find((name) => !isWinograd(name)) };
}

const isWinograd = (kernel: string): boolean => kernel.startsWith('winograd');

export const choosing =
  (kernel: string): NonNullable<Target['choose']> =>
  (_problem, candidates) =>
    candidates.find((name) => name === kernel);
