/** Two ways to time work: by the device's own clock, where it has one, and by waiting for the work. */
export interface Clocks<W> {
  /** Milliseconds by the device's timestamps; undefined where there are none. */
  readonly device: ((work: W) => Promise<number>) | undefined;
  /** Milliseconds that a caller waits for the work. */
  wall(work: W): Promise<number>;
  /** Milliseconds since some moment. */
  now(): number;
}

/** Milliseconds that a clock tells apart by a percent or so: Chrome rounds timestamps to 65.5 or 100 us, a submit costs more. */
const LEAST = { device: 8, wall: 15 };
/** Work that took this long to wait for shows on a clock that moves. */
const VISIBLE = 20;

/**
 * Times work by the device's clock if that moves, else by the wall's. Which of them is settled by the first work that
 * shows on one: until then nothing was measured, so that times of the two never stand side by side.
 */
export class Stopwatch<W> {
  readonly #clocks: Clocks<W>;
  #device: Clocks<W>['device'];
  #moves = false;

  constructor(clocks: Clocks<W>) {
    this.#clocks = clocks;
    this.#device = clocks.device;
  }

  /** Milliseconds of work that are measured well. */
  get leastMilliseconds(): number {
    return this.#device ? LEAST.device : LEAST.wall;
  }

  /** Milliseconds; 0 for work too short to be seen. */
  async time(work: W): Promise<number> {
    if (this.#device) {
      const start = this.#clocks.now();
      const milliseconds = Math.max(0, await this.#device(work));
      this.#moves ||= milliseconds > 0;
      if (this.#moves || this.#clocks.now() - start < VISIBLE) return milliseconds;
      this.#device = undefined; // It stands still.
    }
    return this.#clocks.wall(work);
  }
}
