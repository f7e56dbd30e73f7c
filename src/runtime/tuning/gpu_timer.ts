import { bytesOf } from '../../core/dtype';
import { uniform } from '../../core/random';
import { roundUp } from '../../core/shape';
import { createBuffer, destroyBuffers, submit, writeBuffer } from '../../gpu/commands';
import type { Engine } from '../../gpu/engine';
import { PassClock, timeSubmit, type Encode } from '../../gpu/timing';
import type { Home, BoundLaunch } from '../../graph/plan';
import { allocate, orDestroy, storageBuffer } from '../buffers';
import { orRefused } from '../failure';
import { encodeLaunches, prepareLaunches, type PreparedLaunch } from '../launches';
import type { TuningCandidate, TuningProblem } from './problems';
import type { TimedWork, Timer } from './search';
import { Stopwatch } from './stopwatch';

/** Places in memory that repeats go through, where there is room, so that caches are not as warm as never in a network. */
const PLACES = 4;
const ALIGNMENT = 256;
const SEED_NUMBERS = 2 ** 18;
const SEED_BYTES = bytesOf(SEED_NUMBERS);

interface Bound {
  /** A candidate's launches at each place. */
  readonly places: readonly (readonly PreparedLaunch[])[];
  readonly uniforms: GPUBuffer;
}

/** Times kernels on memory of its own: a buffer for each tensor of the problem that needs most. */
export class GpuTimer implements Timer {
  readonly #engine: Engine;
  readonly #clock: PassClock | undefined;
  readonly #stopwatch: Stopwatch<Encode>;
  readonly #buffers: readonly GPUBuffer[];
  readonly #step: GPUBuffer;

  private constructor(engine: Engine, buffers: readonly GPUBuffer[], step: GPUBuffer) {
    this.#engine = engine;
    this.#buffers = buffers;
    this.#step = step;
    // Timestamps of software adapters are not to be relied on: SwiftShader's stood still.
    const clock = engine.software ? undefined : PassClock.create(engine, 1);
    this.#clock = clock;
    this.#stopwatch = new Stopwatch({
      device: clock && (async (encode) => (await clock.time([encode]))[0]?.milliseconds ?? 0),
      wall: (encode) => timeSubmit(engine, 'tune', encode),
      now: () => performance.now(),
    });
  }

  /** @throws {OutOfMemoryError | LimitError} if the largest problem does not fit */
  static async create(engine: Engine, problems: readonly TuningProblem[]): Promise<GpuTimer> {
    const sizes: number[] = [];
    for (const { candidates } of problems) {
      for (const { launches } of candidates) {
        tensorsOf(launches).forEach(({ size }, index) => {
          sizes[index] = Math.max(sizes[index] ?? 0, roundUp(size, ALIGNMENT));
        });
      }
    }
    const { buffers, step } = await allocate(engine, 'tune', () => ({
      buffers: sizes.map((bytes, index) => storageBuffer(engine, `tune ${index}`, bytes)),
      step: createBuffer(engine, { label: 'tune step', size: 256, usage: GPUBufferUsage.UNIFORM }),
    }));
    const finish = (): GpuTimer => {
      fill(engine, buffers);
      return new GpuTimer(engine, buffers, step);
    };
    return orDestroy(engine, finish, [...buffers, step]);
  }

  get leastMilliseconds(): number {
    return this.#stopwatch.leastMilliseconds;
  }

  now(): number {
    return performance.now();
  }

  async prepare({ kernel, launches }: TuningCandidate): Promise<TimedWork> {
    // Compiled here, many at once; the rest one by one, where errors can be told apart.
    await Promise.all(launches.map((launch) => this.#engine.pipelines.get(launch)));
    let placed: Bound | undefined;
    return {
      time: async (repeats) => {
        const { places } = (placed ??= await this.#place(launches));
        return orRefused(this.#engine, kernel, () =>
          this.#stopwatch.time((pass) => {
            for (let repeat = 0; repeat < repeats; repeat++)
              encodeLaunches(this.#engine, pass, places[repeat % PLACES] ?? []);
          }),
        );
      },
      destroy: () => destroyBuffers(this.#engine, [placed?.uniforms]),
    };
  }

  destroy(): void {
    this.#clock?.destroy();
    destroyBuffers(this.#engine, [...this.#buffers, this.#step]);
  }

  async #place(launches: readonly BoundLaunch[]): Promise<Bound> {
    const tensors = tensorsOf(launches);
    const moved = (place: number) =>
      launches.map((launch): BoundLaunch => {
        const homes = Object.entries(launch.homes).map(([name, home]) => {
          const buffer = tensors.findIndex((tensor) => isSame(tensor, home));
          const offset = this.#offset(buffer, home.size, place);
          return [name, { buffer, offset, size: home.size }] as const;
        });
        return { ...launch, homes: Object.fromEntries(homes) };
      });
    const indices = Array.from({ length: PLACES }, (_, place) => place);
    const memory = { slots: this.#buffers, step: this.#step, flat: {} };
    const { launches: prepared, uniforms } = await prepareLaunches(
      this.#engine,
      indices.flatMap(moved),
      memory,
    );
    const places = indices.map((place) =>
      prepared.slice(place * launches.length, (place + 1) * launches.length),
    );
    return { places, uniforms };
  }

  /** Where a tensor lies for some place: one of as many as the buffer holds. */
  #offset(buffer: number, size: number, place: number): number {
    const step = Math.max(ALIGNMENT, roundUp(size, ALIGNMENT));
    const room = Math.max(1, Math.floor((this.#buffers[buffer]?.size ?? 0) / step));
    return (place % room) * step;
  }
}

const isSame = (a: Home, b: Home): boolean => a.buffer === b.buffer && a.offset === b.offset;

/** The tensors of a problem, the largest first: each gets a buffer of its own, for none may be read and written. */
function tensorsOf(launches: readonly BoundLaunch[]): Home[] {
  const found: Home[] = [];
  for (const home of launches.flatMap(({ homes }) => Object.values(homes))) {
    const index = found.findIndex((each) => isSame(each, home));
    if (index < 0) found.push(home);
    else if (home.size > found[index]!.size) found[index] = home;
  }
  return found.sort((a, b) => b.size - a.size);
}

/** Numbers as a network has them: on zeros a GPU draws less power and runs faster. */
function fill(engine: Engine, buffers: readonly GPUBuffer[]): void {
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const seed = createBuffer(engine, { label: 'tune numbers', size: SEED_BYTES, usage });
  try {
    writeBuffer(engine, seed, 0, uniform(SEED_NUMBERS, 1, 0, 'tune'));
    const encoder = engine.device.createCommandEncoder({ label: 'tune' });
    for (const buffer of buffers) {
      for (let at = 0; at < buffer.size; at += SEED_BYTES) {
        encoder.copyBufferToBuffer(seed, 0, buffer, at, Math.min(SEED_BYTES, buffer.size - at));
      }
    }
    submit(engine, encoder);
  } finally {
    destroyBuffers(engine, [seed]);
  }
}
