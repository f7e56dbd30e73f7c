import { createBuffer, destroyBuffers, orNone, submit } from './commands';
import type { Engine } from './engine';

/** Encodes work into a pass. */
export type Encode = (pass: GPUComputePassEncoder) => void;

/** Milliseconds until the queue has done what `encode` puts into one pass: what a caller would wait, submit included. */
export async function timeSubmit(engine: Engine, label: string, encode: Encode): Promise<number> {
  const { device } = engine;
  const encoder = device.createCommandEncoder({ label });
  const pass = encoder.beginComputePass({ label });
  encode(pass);
  pass.end();
  const start = performance.now();
  submit(engine, encoder);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

/** When some work began, counted from the first of its kind, and how long it took, in milliseconds. */
export interface Interval {
  readonly start: number;
  readonly milliseconds: number;
}

/** Measures passes by the device's own clock. */
export class PassClock {
  readonly #engine: Engine;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;
  readonly #capacity: number;

  private constructor(engine: Engine, capacity: number) {
    this.#engine = engine;
    const { device } = engine;
    this.#capacity = capacity;
    const size = capacity * 16;
    this.#queries = device.createQuerySet({ label: 'pass clock', type: 'timestamp', count: capacity * 2 });
    this.#resolved = createBuffer(engine, {
      label: 'pass clock',
      size,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    this.#staging = createBuffer(engine, {
      label: 'pass clock read',
      size,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
  }

  /**
   * @param capacity passes that one call of `time` may measure, at most 2048
   * @returns undefined where the device has no `timestamp-query`
   */
  static create(engine: Engine, capacity: number): PassClock | undefined {
    return engine.device.features.has('timestamp-query')
      ? orNone(engine, () => new PassClock(engine, capacity))
      : undefined;
  }

  /**
   * Runs each work in a pass of its own, all in one submit, in order. Browsers round the clock, Chrome to 0.1 ms, so
   * that repeats in a pass are what makes short work measurable.
   */
  async time(works: readonly Encode[]): Promise<Interval[]> {
    if (works.length > this.#capacity) throw new RangeError(`pass clock: room for ${this.#capacity} passes`);
    const encoder = this.#engine.device.createCommandEncoder({ label: 'pass clock' });
    works.forEach((encode, index) => {
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet: this.#queries,
          beginningOfPassWriteIndex: index * 2,
          endOfPassWriteIndex: index * 2 + 1,
        },
      });
      encode(pass);
      pass.end();
    });
    encoder.resolveQuerySet(this.#queries, 0, works.length * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, works.length * 16);
    submit(this.#engine, encoder);
    await this.#staging.mapAsync(GPUMapMode.READ);
    const nanoseconds = new BigInt64Array(this.#staging.getMappedRange().slice(0, works.length * 16));
    this.#staging.unmap();
    const [first = 0n] = nanoseconds;
    return works.map((_, index) => {
      const [start = 0n, end = 0n] = nanoseconds.subarray(index * 2, index * 2 + 2);
      return { start: Number(start - first) / 1e6, milliseconds: Number(end - start) / 1e6 };
    });
  }

  destroy(): void {
    this.#queries.destroy();
    destroyBuffers(this.#engine, [this.#resolved, this.#staging]);
  }
}

/** Passes measured by one set of queries; WebGPU allows 4096 queries in a set. */
const MOST_PASSES = 2048;

/** `device`: by its own clock; `queue`: each work submitted alone and waited for, which adds what that costs. */
export type TimingMethod = 'device' | 'queue';

/**
 * Runs works one after the other, each by itself, and tells when each ran.
 * @param ends where submits end, as numbers of works from the first one on. Default: after the last
 */
export async function timeEach(
  engine: Engine,
  works: readonly Encode[],
  ends: readonly number[] = [works.length],
): Promise<{ readonly method: TimingMethod; readonly intervals: readonly Interval[] }> {
  const clock = PassClock.create(engine, Math.min(MOST_PASSES, Math.max(1, works.length)));
  const intervals: Interval[] = [];
  if (!clock) {
    const first = performance.now();
    for (const work of works) {
      const start = performance.now() - first;
      intervals.push({ start, milliseconds: await timeSubmit(engine, 'timed', work) });
    }
    return { method: 'queue', intervals };
  }
  try {
    while (intervals.length < works.length) {
      const done = intervals.length;
      // Each set of passes has a zero of its own.
      const last = intervals.at(-1) ?? { start: 0, milliseconds: 0 };
      const offset = last.start + last.milliseconds;
      const end = ends.find((each) => each > done) ?? works.length;
      const timed = await clock.time(works.slice(done, Math.min(end, done + MOST_PASSES)));
      intervals.push(...timed.map(({ start, milliseconds }) => ({ start: start + offset, milliseconds })));
    }
  } finally {
    clock.destroy();
  }
  return { method: 'device', intervals };
}
