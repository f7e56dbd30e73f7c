import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import type { Engine } from '../../src/gpu/engine';
import { timeSubmit, type Encode } from '../../src/gpu/timing';
import { workOf } from '../../src/graph/work';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { Parameters } from '../../src/runtime/parameters';
import { profileProgram, type Profile } from '../../src/runtime/profile';
import { Program } from '../../src/runtime/program';
import { Trainer } from '../../src/train/trainer';
import type { Mode } from './choices';
import { Clock } from './clock';
import { adapterOf, withEngine, type Adapter, type JobContext } from './context';
import { timeEncoding } from './encode';
import type { EngineWishes } from './engine_choice';
import { measureRoof, type Roof } from './peak';
import { spread, type Spread } from './statistics';
import { sgd } from '../../src/optim/sgd';

export interface NetworkOptions extends EngineWishes {
  readonly batches: readonly number[];
  readonly modes: readonly Mode[];
  /** With auxiliary classifiers: when training, and when inferring. */
  readonly aux: Readonly<Record<Mode, boolean>>;
  /** Height and width of the images. */
  readonly size: number;
  readonly rounds: number;
  /** Also one run of each, launch by launch. */
  readonly profile: boolean;
}

export interface NetworkRow {
  readonly mode: Mode;
  readonly batch: number;
  /** Milliseconds of each part; see `PARTS`. */
  readonly times: Readonly<Record<string, Spread>>;
  /** Multiply-adds of a run: of the forward part, and of all. */
  readonly multiplyAdds: { readonly forward: number; readonly all: number };
  readonly dispatches: number;
  /** Milliseconds of JavaScript to encode a run. */
  readonly encoding: Spread;
  /** Pipelines of this engine so far that the program uses. */
  readonly pipelines: number;
  /** Of activations, gradients of activations and working memory. */
  readonly bytes: number;
}

export interface NetworkResults {
  readonly adapter: Adapter;
  readonly roof: Roof;
  readonly options: NetworkOptions;
  readonly rows: readonly NetworkRow[];
  /** By mode and batch. */
  readonly profiles: Readonly<Record<string, Profile>>;
}

/** What is timed of one mode and batch: each gives the milliseconds of one run. */
interface Subject extends Omit<NetworkRow, 'times'> {
  readonly parts: Readonly<Record<string, () => Promise<number>>>;
  readonly times: Readonly<Record<string, number[]>>;
  readonly profile: () => Promise<Profile>;
}

const CLASSES = 1000;
/** Runs that throughput queues before it waits. */
const QUEUED = 3;

/** Times the whole network. */
export function network(context: JobContext, options: NetworkOptions): Promise<NetworkResults> {
  return withEngine(context, options, async (engine) => {
    context.say('measuring the roof');
    const clock = new Clock(engine);
    const roof = await measureRoof(engine, clock);
    clock.destroy();
    const subjects: Subject[] = [];
    for (const mode of options.modes) {
      for (const batch of options.batches) {
        context.say(`preparing: ${mode}, batch ${batch}`);
        subjects.push(await prepare(engine, mode, batch, options));
      }
    }
    // Round 0 warms up.
    for (let round = 0; round <= options.rounds; round++) {
      for (const { mode, batch, parts, times } of subjects) {
        context.say(`round ${round} of ${options.rounds}: ${mode}, batch ${batch}`);
        for (const [part, run] of Object.entries(parts)) {
          const time = await run();
          if (round > 0) times[part]?.push(time);
        }
      }
    }
    const profiles: Record<string, Profile> = {};
    for (const { mode, batch, profile } of options.profile ? subjects : []) {
      context.say(`profile: ${mode}, batch ${batch}`);
      profiles[`${mode === 'infer' ? 'inference' : 'training step'}, batch ${batch}`] = await profile();
    }
    const rows = subjects.map(({ parts: _parts, profile: _profile, times, ...row }) => ({
      ...row,
      times: Object.fromEntries(Object.entries(times).map(([part, values]) => [part, spread(values)])),
    }));
    return { adapter: adapterOf(engine), roof, options, rows, profiles };
  });
}

async function prepare(engine: Engine, mode: Mode, batch: number, options: NetworkOptions): Promise<Subject> {
  const before = engine.pipelines.statistics.count;
  const made = await (mode === 'infer' ? inference : training)(engine, batch, options);
  const { program, parts, profile } = made;
  const encoding = await timeEncoding(engine, made.whole);
  return {
    mode,
    batch,
    parts,
    profile,
    times: Object.fromEntries(Object.keys(parts).map((part) => [part, []])),
    multiplyAdds: multiplyAdds(program),
    encoding,
    dispatches: program.dispatches + (mode === 'train' ? 1 : 0),
    pipelines: engine.pipelines.statistics.count - before,
    bytes: program.bytes,
  };
}

function multiplyAdds({ plan }: Program): NetworkRow['multiplyAdds'] {
  const forward = plan.launches.filter(({ part }) => part === 'forward');
  return { forward: workOf(forward).multiplyAdds, all: workOf(plan.launches).multiplyAdds };
}

/** A network ready to run. */
export interface Made {
  readonly program: Program;
  /** See `NetworkRow.times`; the first is a whole run. */
  readonly parts: Subject['parts'];
  readonly profile: Subject['profile'];
  /** Encodes a run. */
  readonly whole: Encode;
}

export async function inference(engine: Engine, batch: number, { aux, size }: NetworkOptions): Promise<Made> {
  const net = googlenet({ classes: CLASSES, batch, inputSize: size, aux: aux.infer });
  const parameters = await Parameters.create(engine, net.graph, { initial: 'he' });
  const keep = [net.scores0, net.scores1, net.scores2].filter((scores) => scores !== undefined);
  const program = await Program.create(engine, net.graph, { parameters, keep });
  program.write('images', images(net.images.shape));
  return {
    program,
    whole: (pass) => program.encode(pass),
    profile: () => profileProgram(program),
    parts: {
      // From the call to the scores on the CPU; the images are there already.
      latency: () =>
        measured(async () => {
          program.run();
          await program.readAll(keep);
        }),
      throughput: async () => (await measured(() => queue(engine, () => program.run()))) / QUEUED,
    },
  };
}

export async function training(engine: Engine, batch: number, { aux, size }: NetworkOptions): Promise<Made> {
  const net = googlenet({ classes: CLASSES, batch, inputSize: size, aux: aux.train, mode: 'train' });
  const trainer = await Trainer.create(engine, {
    ...net,
    heads: googlenetHeads(net),
    optimizer: sgd({ momentum: 0.9 }),
    rate: 1e-4,
  });
  const { program, update } = trainer;
  program.write('images', images(net.images.shape));
  program.write(
    'labels',
    Uint32Array.from({ length: batch }, (_, index) => (index * 37) % CLASSES),
  );
  const step = { rate: 1e-4 };
  const forward = (pass: GPUComputePassEncoder) => program.encode(pass, { parts: ['forward'], step });
  const backward = (pass: GPUComputePassEncoder) => program.encode(pass, { parts: ['backward'], step });
  const updating = (pass: GPUComputePassEncoder) => update.encode(pass, step);
  const whole = (pass: GPUComputePassEncoder) => {
    program.encode(pass, { step });
    updating(pass);
  };
  return {
    program,
    whole,
    profile: () => profileProgram(program, { step, update }),
    parts: {
      step: () => timeSubmit(engine, 'step', whole),
      forward: () => timeSubmit(engine, 'forward', forward),
      backward: () => timeSubmit(engine, 'backward', backward),
      update: () => timeSubmit(engine, 'update', updating),
    },
  };
}

const images = (shape: readonly number[]): Float32Array => uniform(sizeOf(shape), 1, 1, 'pictures');

async function measured(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function queue(engine: Engine, run: () => void): Promise<void> {
  for (let index = 0; index < QUEUED; index++) run();
  await engine.device.queue.onSubmittedWorkDone();
}
