import type { Engine } from '../../src/gpu/engine';
import { prepareLaunches, encodeLaunches } from '../../src/runtime/launches';
import { StepUniform } from '../../src/runtime/uniforms';
import { storageBuffer } from '../../src/runtime/buffers';
import type { BoundLaunch } from '../../src/graph/plan';
import type { ShaderModule } from '../../src/core/shader';
import peak from '../shaders/peak.wgsl';
import stream from '../shaders/stream.wgsl';
import type { Clock } from './clock';

/** The most that the adapter was seen to do. */
export interface Roof {
  /** Best of the loops that only multiply and add. */
  readonly gflops: number;
  /** The loop that reached it, such as `vec4f x 4, fused`. */
  readonly loop: string;
  /** Read and written per second by a copy of a buffer that is larger than caches. */
  readonly gigabytes: number;
}

interface Loop {
  readonly number: 'f32' | 'vec4f';
  readonly chains: number;
  readonly entry: 'multiply_add' | 'fused';
}

const LOOPS: readonly Loop[] = (['f32', 'vec4f'] as const).flatMap((number) =>
  [4, 8, 16].flatMap((chains) =>
    (['multiply_add', 'fused'] as const).map((entry) => ({ number, chains, entry })),
  ),
);
const STEPS = 8;
const WG = 64;
const ROUNDS = 3;

/** Measures the roof under which kernels work. */
export async function measureRoof(engine: Engine, clock: Clock): Promise<Roof> {
  const loops: { loop: string; gflops: number }[] = [];
  for (const loop of LOOPS)
    loops.push({ loop: describe(loop), gflops: await measureLoop(engine, clock, loop) });
  const best = loops.reduce((a, b) => (b.gflops > a.gflops ? b : a));
  return { ...best, gigabytes: await measureCopy(engine, clock) };
}

const describe = ({ number, chains, entry }: Loop): string => `${number} x ${chains}, ${entry}`;

async function measureLoop(engine: Engine, clock: Clock, { number, chains, entry }: Loop): Promise<number> {
  const lanes = number === 'f32' ? 1 : 4;
  const workgroups = engine.software ? 64 : 4096;
  const rounds = engine.software ? 64 : 512;
  const threads = workgroups * WG;
  const work = await prepare(engine, {
    shader: peak,
    entry,
    constants: { WG },
    variant: { number, CHAINS: chains },
    params: { rounds, factor: 0.999, term: 1e-3 },
    workgroups: [workgroups, 1, 1],
    buffers: { y: threads * lanes * 4 },
  });
  const best = await shortest(clock, work.encode);
  work.destroy();
  return (threads * rounds * STEPS * chains * lanes * 2) / best / 1e6;
}

async function measureCopy(engine: Engine, clock: Clock): Promise<number> {
  const perThread = 4;
  const bytes = engine.software ? 2 ** 25 : 2 ** 27;
  const threads = bytes / 16 / perThread;
  const groups = threads / WG;
  const folded = Math.ceil(groups / engine.target.maxWorkgroupsPerDimension);
  const work = await prepare(engine, {
    shader: stream,
    entry: 'copy',
    constants: { WG },
    variant: { PER_THREAD: perThread },
    params: { threads },
    workgroups: [Math.ceil(groups / folded), folded, 1],
    buffers: { x: bytes, y: bytes },
  });
  const best = await shortest(clock, work.encode);
  work.destroy();
  return (2 * bytes) / best / 1e6;
}

/** Milliseconds of the quickest of some rounds: a roof is what can be had, noise only takes from it. */
async function shortest(clock: Clock, encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
  await clock.time(encode, 1);
  const repeats = await clock.repeatsFor(encode);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await clock.time(encode, repeats));
  return Math.min(...times);
}

async function prepare(
  engine: Engine,
  work: Pick<BoundLaunch, 'entry' | 'params' | 'workgroups'> & {
    readonly shader: ShaderModule;
    readonly constants: Readonly<Record<string, number>>;
    readonly variant: Readonly<Record<string, number | string>>;
    /** Storage variable -> bytes. */
    readonly buffers: Readonly<Record<string, number>>;
  },
) {
  const { buffers, ...launch } = work;
  const slots = Object.entries(buffers).map(([name, bytes]) => storageBuffer(engine, name, bytes));
  const homes = Object.entries(buffers).map(([name, size], buffer) => [name, { buffer, offset: 0, size }]);
  const { buffer: step } = new StepUniform(engine, 'step');
  const placed: BoundLaunch = {
    ...launch,
    bind: {},
    label: launch.shader.file,
    part: 'forward',
    homes: Object.fromEntries(homes) as BoundLaunch['homes'],
  };
  const { launches, uniforms } = await prepareLaunches(engine, [placed], { slots, step, flat: {} });
  return {
    encode: (pass: GPUComputePassEncoder) => encodeLaunches(engine, pass, launches),
    destroy: () => {
      for (const buffer of [...slots, step, uniforms]) buffer.destroy();
    },
  };
}
