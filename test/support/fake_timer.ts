import { ShaderError } from '../../src/core/errors';
import type { TuningProblem } from '../../src/runtime/tuning/problems';
import type { Timer } from '../../src/runtime/tuning/search';

/** A problem whose candidates launch nothing. */
export const problem = (name: string, ...kernels: string[]): TuningProblem => ({
  problem: name,
  count: 1,
  multiplyAdds: 1,
  candidates: kernels.map((kernel) => ({ kernel, launches: [] })),
});

/** Each kernel takes what `costs` says, in milliseconds; a kernel without a cost does not compile. */
export class FakeTimer implements Timer {
  readonly leastMilliseconds = 4;
  readonly runs: string[] = [];
  prepared = 0;
  destroyed = 0;
  /** A kernel that compiles but does not run. */
  failing: string | undefined;
  costOf: (kernel: string) => number | undefined;
  #now = 0;

  constructor(costs: Readonly<Record<string, number>>) {
    this.costOf = (kernel) => costs[kernel];
  }

  now(): number {
    return this.#now;
  }

  prepare({ kernel }: { readonly kernel: string }) {
    const cost = this.costOf(kernel);
    if (cost === undefined) return Promise.reject(new ShaderError(kernel, 'is refused'));
    this.prepared += 1;
    return Promise.resolve({
      time: (repeats: number) => {
        if (kernel === this.failing) return Promise.reject(new ShaderError(kernel, 'fails as it runs'));
        this.runs.push(kernel);
        this.#now += repeats * cost;
        // As Chrome's clock: in steps of 0.1 ms.
        return Promise.resolve(Math.floor(repeats * cost * 10) / 10);
      },
      destroy: () => void (this.destroyed += 1),
    });
  }

  timed = (kernel: string): number => this.runs.filter((run) => run === kernel).length;
}
