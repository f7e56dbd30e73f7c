import { shown } from '../../../../src/core/check';
import {
  AbortError,
  DeviceLostError,
  EngineError,
  GpuError,
  NotFiniteError,
} from '../../../../src/core/errors';
import type { Engine } from '../../../../src/gpu/engine';
import type { Checkpoint } from '../../../../src/io/checkpoint';
import type { Parameters } from '../../../../src/runtime/parameters';
import type { Program } from '../../../../src/runtime/program';
import type { Update } from '../../../../src/runtime/update';
import type { Classifier } from '../../../../src/train/classifier';
import type { Trainer } from '../../../../src/train/trainer';
import type { TrainerOptions } from '../../../../src/train/trainer_options';
import type { Chance } from '../chance';
import type { Kind, Net } from './networks';

/** Something made that can be destroyed, as the model of it sees it. */
interface Thing<T> {
  readonly name: string;
  readonly it: T;
  readonly net: Net;
  alive: boolean;
}

export interface ParametersThing extends Thing<Parameters> {
  /** Bits of all tensors when they were read last. */
  bits: string;
  /** Something that is not waited for changes them. */
  stale: boolean;
  /** Times that they were changed. */
  version: number;
}

/** What works on parameters, which somebody else may destroy. */
interface Working<T> extends Thing<T> {
  readonly parameters: ParametersThing;
}

/** What decides the bits of a training run. */
export type Config = Pick<TrainerOptions, 'microBatches' | 'average' | 'rate' | 'optimizer' | 'seed'>;

export interface TrainerThing extends Working<Trainer> {
  readonly owns: boolean;
  readonly config: Config;
  readonly stepsInFlight: number;
  steps: number;
  underWay: number;
  /** Runs with the same one have the same losses in the same step. */
  lineage: string;
  /** The version of its parameters that its own last step left. */
  version: number;
}

export type ClassifierThing = Working<Classifier>;
export interface ProgramThing extends Working<Program> {
  ran: boolean;
}
export type UpdateThing = Working<Update>;

export interface SavedCheckpoint {
  readonly name: string;
  readonly it: Checkpoint;
  readonly kind: Kind;
  readonly config: Config;
  readonly lineage: string;
  readonly steps: number;
}

export interface SavedWeights {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly kind: Kind;
  readonly saved: string;
}

/** A call, and what the model knows of it. */
export interface Move {
  readonly text: string;
  /** `fails`: with an error of the caller's. `either`: where what it works on is destroyed meanwhile. */
  readonly expect: 'works' | 'fails' | 'either' | 'stops';
  readonly call: () => unknown;
  /** Whose weights it may change where it works. */
  readonly changes?: readonly ParametersThing[];
  /** What becomes of the model where it works. */
  readonly done?: (result: never) => void | Promise<void>;
  /** It is not waited for. Told whether something that it needs was destroyed since. */
  readonly later?: { readonly needs: readonly Thing<unknown>[]; readonly settled?: () => void };
}

export class Wrong extends Error {}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Wrong(what);
}

export const usable = ({ alive, parameters }: Working<unknown>): boolean => alive && parameters.alive;

/** All that was made, as the engine has it and as it should be. */
export class World {
  readonly engine: Engine;
  readonly chance: Chance;
  readonly nets: Net[] = [];
  readonly parameters: ParametersThing[] = [];
  readonly trainers: TrainerThing[] = [];
  readonly classifiers: ClassifierThing[] = [];
  readonly programs: ProgramThing[] = [];
  readonly updates: UpdateThing[] = [];
  readonly checkpoints: SavedCheckpoint[] = [];
  readonly files: SavedWeights[] = [];
  /** What was computed of the same, by what decides it. */
  readonly #computed = new Map<string, string>();
  readonly #pending: Promise<void>[] = [];
  readonly log: string[] = [];
  readonly tally = { works: 0, fails: 0, either: 0, stops: 0 };
  #names = 0;

  constructor(engine: Engine, chance: Chance) {
    this.engine = engine;
    this.chance = chance;
  }

  name(kind: string): string {
    return `${kind}${this.#names++}`;
  }

  /** Things that are there most of the time are alive; now and then one is not. */
  some<T extends object>(things: readonly T[]): T | undefined {
    if (things.length === 0) return undefined;
    const alive = things.filter((thing) => !('alive' in thing) || thing.alive === true);
    return this.chance.pick(alive.length > 0 && this.chance.below(8) > 0 ? alive : things);
  }

  /** What decides all bits of a result must always give the same. */
  same(key: string, result: unknown): void {
    const text = JSON.stringify(result);
    const known = this.#computed.get(key);
    must(known === undefined || known === text, `${key} was ${known}, now ${text}`);
    this.#computed.set(key, text);
  }

  live() {
    const { liveBuffers, liveBytes } = this.engine.counters;
    return { liveBuffers, liveBytes };
  }

  async perform(move: Move): Promise<void> {
    const { text, expect, call, changes = [], done, later } = move;
    this.log.push(later ? `${text} // not waited for` : text);
    this.tally[expect]++;
    if (later) {
      this.#later(move, later);
      for (const thing of changes) {
        thing.stale = true;
        thing.version++;
      }
      return;
    }
    const before = this.#pending.length === 0 ? this.live() : undefined;
    const outcome = await outcomeOf(call);
    check(text, expect, outcome);
    if (outcome.error === undefined) await done?.(outcome.result as never);
    else if (before && expect !== 'either')
      must(
        JSON.stringify(before) === JSON.stringify(this.live()),
        `${text}: ${counted(before, this.live())}`,
      );
    await this.look(text, outcome.error === undefined || expect !== 'fails' ? changes : []);
  }

  #later({ text, call, done }: Move, { needs, settled }: NonNullable<Move['later']>): void {
    const wait = async (): Promise<void> => {
      const outcome = await outcomeOf(call);
      settled?.();
      const gone = needs.some(({ alive }) => !alive);
      check(`${text}, waited for`, gone ? 'either' : 'works', outcome);
      if (outcome.error === undefined) await done?.(outcome.result as never);
    };
    const pending = wait();
    pending.catch(() => undefined); // `settle` tells.
    this.#pending.push(pending);
  }

  /** Lets those calls be told that are over: some turns pass between a step's end and whoever waits for it. */
  async hear(): Promise<void> {
    if (this.#pending.length > 0) await new Promise((told) => setTimeout(told));
  }

  /** Waits for all that was not waited for. */
  async settle(): Promise<void> {
    const all = await Promise.allSettled(this.#pending.splice(0));
    for (const each of all) if (each.status === 'rejected') throw each.reason;
  }

  /** Looks whether weights are as they should be. */
  async look(text: string, changed: readonly ParametersThing[]): Promise<void> {
    for (const thing of this.parameters) {
      if (!thing.alive) continue;
      const bits = await bitsOf(thing.it);
      if (bits === thing.bits) continue;
      must(thing.stale || changed.includes(thing), `${text}: changed ${thing.name}`);
      thing.bits = bits;
      if (!thing.stale) thing.version++;
      thing.stale = false;
    }
  }

  /** Destroys all, in any order; then nothing is left. */
  async end(nothing: ReturnType<World['live']>): Promise<void> {
    const all = [this.trainers, this.classifiers, this.programs, this.updates, this.parameters].flat();
    while (all.length > 0) {
      const [thing] = all.splice(this.chance.below(all.length), 1);
      this.log.push(`${thing?.name}.destroy()`);
      thing?.it.destroy();
      if (thing) thing.alive = false;
    }
    await this.settle();
    const left = this.live();
    must(JSON.stringify(left) === JSON.stringify(nothing), `at the end: ${counted(nothing, left)}`);
    must(this.engine.takeRefusal() === undefined, 'the device refused a command');
  }
}

const counted = (before: object, now: object): string =>
  `memory was ${JSON.stringify(before)}, is ${JSON.stringify(now)}`;

interface Outcome {
  readonly result?: unknown;
  readonly error?: unknown;
}

async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    return { result: await call() };
  } catch (error) {
    return { error: error ?? 'nothing' };
  }
}

function check(text: string, expect: Move['expect'], { error }: Outcome): void {
  if (error === undefined) {
    must(expect === 'works' || expect === 'either', `${text}: should have failed`);
    return;
  }
  const told = `${text}: ${error instanceof Error ? (error.stack ?? error.message) : shown(error)}`;
  must(
    error instanceof EngineError && !(error instanceof GpuError || error instanceof DeviceLostError),
    told,
  );
  must(expect !== 'works', told);
  const { message } = error as Error;
  if (expect === 'either') must(/was destroyed/.test(message), told);
  must((expect === 'stops') === (error instanceof AbortError || error instanceof NotFiniteError), told);
  must(/^[^:]+.*: \S/.test(message) && !/undefined|\[object/.test(message) && message.length < 600, told);
}

export async function bitsOf(parameters: Parameters): Promise<string> {
  const tensors = await parameters.readAll();
  return [...tensors].map(([name, { data }]) => `${name}=${hashOf(data)}`).join(' ');
}

/** FNV-1a of the words. */
export function hashOf(data: Float32Array | Uint32Array): string {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  return hash.toString(16);
}
