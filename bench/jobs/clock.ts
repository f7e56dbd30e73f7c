import type { Engine } from '../../src/gpu/engine';
import { PassClock, timeSubmit, type Encode } from '../../src/gpu/timing';

const LEAST_MS = { software: 30, gpu: 10 };
const MOST_REPEATS = 1000;

/** Measures work that is repeated in one pass, often enough to be told from the clock's own steps. */
export class Clock {
  readonly #engine: Engine;
  readonly #passes: PassClock | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    // On the CPU a submit costs little beside the work, and the wall clock hides nothing.
    this.#passes = engine.software ? undefined : PassClock.create(engine, 1);
  }

  /** What the figures come from, for the report. */
  get kind(): string {
    return this.#passes
      ? 'timestamps around repeats in one pass'
      : 'wall clock of a submit of repeats in one pass';
  }

  /** Milliseconds of one repeat. */
  async time(encode: Encode, repeats: number): Promise<number> {
    const repeated: Encode = (pass) => {
      for (let repeat = 0; repeat < repeats; repeat++) encode(pass);
    };
    const [timed] = (await this.#passes?.time([repeated])) ?? [];
    const time = timed?.milliseconds ?? (await timeSubmit(this.#engine, 'benchmark', repeated));
    return time / repeats;
  }

  /** Repeats that make the work long enough to be measured; the work is done a few times to find out. */
  async repeatsFor(encode: Encode): Promise<number> {
    const least = this.#engine.software ? LEAST_MS.software : LEAST_MS.gpu;
    for (let repeats = 1; ;) {
      const time = (await this.time(encode, repeats)) * repeats;
      if (time >= least || repeats >= MOST_REPEATS) return repeats;
      // One more look after a jump: the first guess comes from a time too short to be trusted.
      repeats = Math.min(
        MOST_REPEATS,
        Math.ceil(repeats * Math.min(20, (1.2 * least) / Math.max(time, 0.01))),
      );
    }
  }

  destroy(): void {
    this.#passes?.destroy();
  }
}
