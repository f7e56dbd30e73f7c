import { HEADS, type HeadName, type StepRecord } from './events';

/** Share of each new value in the moving average: it looks back about a dozen steps. */
const SHARE = 0.15;
/** Steps that speed and remaining time are judged by. */
const RECENT = 20;

const perHead = <T>(make: () => T): Record<HeadName, T> => ({ main: make(), aux1: make(), aux2: make() });

/** What is known of each step. */
export interface Curves {
  readonly steps: readonly number[];
  readonly raw: Readonly<Record<HeadName, readonly number[]>>;
  readonly smooth: Readonly<Record<HeadName, readonly number[]>>;
  /** Learning rates. */
  readonly rates: readonly number[];
  /** Steps in a second, by the last twenty. */
  readonly speeds: readonly number[];
}

/** The losses so far, as measured and smoothed, and how fast they came. */
export class LossHistory implements Curves {
  readonly steps: number[] = [];
  readonly raw = perHead<number[]>(() => []);
  readonly smooth = perHead<number[]>(() => []);
  readonly rates: number[] = [];
  readonly speeds: number[] = [];
  /** From the start of the training to the end of the last step. */
  seconds = 0;
  readonly #sums = perHead(() => 0);
  readonly #recent: number[] = [];
  #weight = 0;

  add({ step, rate, losses, seconds }: Pick<StepRecord, 'step' | 'rate' | 'losses' | 'seconds'>): void {
    this.steps.push(step);
    // Dividing by the weights' sum keeps the first values from being drawn towards zero.
    this.#weight += SHARE * (1 - this.#weight);
    for (const head of HEADS) {
      this.#sums[head] += SHARE * (losses[head] - this.#sums[head]);
      this.raw[head].push(losses[head]);
      this.smooth[head].push(this.#sums[head] / this.#weight);
    }
    this.seconds += seconds;
    this.#recent.push(seconds);
    if (this.#recent.length > RECENT) this.#recent.shift();
    this.rates.push(rate);
    this.speeds.push(1 / this.secondsPerStep);
  }

  /** Number of the last step, from 1; 0 before the first. */
  get done(): number {
    return this.steps.at(-1) ?? 0;
  }

  /** Smoothed loss of a head after the last step. */
  loss(head: HeadName): number {
    return this.smooth[head].at(-1) ?? NaN;
  }

  get secondsPerStep(): number {
    return this.#recent.reduce((a, b) => a + b, 0) / this.#recent.length;
  }
}
