import { shown } from '../core/check';
import { ValueError } from '../core/errors';
import { submit } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { encodeLaunches, type PreparedLaunch } from './launches';

/**
 * Where each submit ends, so that none takes longer than the budget unless it is a single dispatch: numbers of
 * dispatches from the first one on, the last of them all.
 *
 * @param seconds what each dispatch is expected to take
 */
export function cutSubmits(seconds: readonly number[], budget: number): number[] {
  const ends: number[] = [];
  let [begin, sum] = [0, 0];
  seconds.forEach((each, index) => {
    if (index > begin && sum + each > budget) {
      ends.push(index);
      [begin, sum] = [index, 0];
    }
    sum += each;
  });
  return [...ends, seconds.length];
}

/**
 * Encodes dispatches in order, those up to each end into a submit of their own.
 * @param finish encodes copies behind the last dispatch
 */
export function encodeAndSubmit(
  engine: Engine,
  label: string,
  launches: readonly PreparedLaunch[],
  ends: readonly number[],
  finish?: (encoder: GPUCommandEncoder) => void,
): void {
  let begin = 0;
  ends.forEach((end, index) => {
    const encoder = engine.device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    encodeLaunches(engine, pass, launches.slice(begin, end));
    pass.end();
    if (index === ends.length - 1) finish?.(encoder);
    submit(engine, encoder);
    begin = end;
  });
}

/**
 * Submits the same work again and again, in as few submits as its time budget allows. How long the work took corrects
 * what the next is expected to take. Measured time decides where submits end and nothing else, so no result depends on
 * it.
 */
export class Submitter {
  readonly #engine: Engine;
  readonly #budget: number;
  /** Measured by expected seconds, of the work that was done last. */
  #correction = 1;
  /** When the queue was last seen to have nothing to do, in milliseconds. */
  #idle = 0;

  /**
   * @param budget seconds that a submit may take; default: what suits the adapter
   * @throws {ValueError} unless it is positive
   */
  constructor(engine: Engine, budget = engine.pace.submitSeconds) {
    const given: unknown = budget;
    if (typeof given !== 'number' || !(given > 0)) {
      const got = shown(given);
      throw new ValueError('submitSeconds', 'must be positive', got, 'Infinity means a single submit');
    }
    this.#engine = engine;
    this.#budget = budget;
  }

  /** Where submits of these launches end, by what is known now. */
  ends(launches: readonly PreparedLaunch[]): number[] {
    return cutSubmits(
      launches.map(({ seconds }) => seconds * this.#correction),
      this.#budget,
    );
  }

  /**
   * Submits and does not wait.
   * @param finish encodes copies behind the last dispatch
   * @returns how many submits it took
   */
  submit(
    label: string,
    launches: readonly PreparedLaunch[],
    finish?: (encoder: GPUCommandEncoder) => void,
  ): number {
    const ends = this.ends(launches);
    const start = performance.now();
    encodeAndSubmit(this.#engine, label, launches, ends, finish);
    const expected = launches.reduce((sum, launch) => sum + launch.seconds, 0);
    const done = (): void => {
      // What was submitted before may have kept the queue busy until then.
      const took = performance.now() - Math.max(start, this.#idle);
      this.#idle = performance.now();
      if (expected > 0) this.#correction = took / 1000 / expected;
    };
    // A lost device is told of where results are read.
    this.#engine.device.queue.onSubmittedWorkDone().then(done, () => undefined);
    return ends.length;
  }
}
