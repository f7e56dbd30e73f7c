import { requireFunction, requireMade, requireObject, requireWhole } from '../core/check';
import { bytesOf } from '../core/dtype';
import { ValueError } from '../core/errors';
import type { Launch } from '../core/op';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { INITIAL_STEP, STEP, type Step } from '../core/step';
import { layoutVariables, type Place, type Variable } from '../core/variable';
import { destroyBuffers, writeBuffer } from '../gpu/commands';
import type { BoundLaunch } from '../graph/plan';
import { chunkTable } from '../optim/chunks';
import { REPORT_WORDS } from '../optim/gradient_norm';
import { requireOptimizer, type Optimizer } from '../optim/optimizer';
import { STAGE, updateStage, type StageOptions, type UpdateStage } from '../optim/stage';
import { allocate, buffersOf, orDestroy, storageBuffer } from './buffers';
import type { OnCompileProgress } from './compile_kernels';
import { requirePlace } from './check_buffers';
import { FlatBuffer } from './flat_buffer';
import { encodeLaunches, prepareLaunches, type PreparedLaunch } from './launches';
import { Lifetime } from './lifetime';
import type { Parameters } from './parameters';
import { StepUniform } from './uniforms';

/** What an update does besides the rule of the optimizer, and where the gradients lie. */
export interface UpdateOptions extends StageOptions {
  /** What is trained, and with which scales of rate and decay. Default: what the variables say of themselves. */
  readonly trained?: readonly Variable[];
  /** What the forward part assigns; see `Graph.assign`. Default: none. */
  readonly assigned?: readonly Variable[];
  /** See `ProgramOptions.onProgress`. */
  readonly onProgress?: OnCompileProgress;
}

const VARIABLES = is.list(is.having('name', 'shape', 'order'));
const OPTIONS: Rules<UpdateOptions> = {
  ...STAGE,
  trained: VARIABLES,
  assigned: VARIABLES,
  onProgress: is.callable,
};

/** Bytes of the report before the losses: norm, scale, halted, unused. */
export const REPORT_BYTES = bytesOf(REPORT_WORDS, 'u32');

/**
 * What follows the gradients. An update takes their norm, clips them, and changes all trained variables in one dispatch;
 * after a step with a number that is not finite it changes nothing any more.
 */
export class Update {
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  readonly options: UpdateOptions;
  /** Of the trained variables; programs write them. */
  readonly gradients: FlatBuffer;
  /** What the optimizer, and a running average, keep of each trained variable, by name. */
  readonly slots: ReadonlyMap<string, FlatBuffer>;
  /** Where programs read and leave the variables that the forward part assigns, until a step is accepted. */
  readonly state: FlatBuffer | undefined;
  /** The norm of the gradients, the factor that clips them, whether the run is halted, then the losses. */
  readonly report: GPUBuffer;
  /** @internal All that an update and what leads up to it launches, as data. */
  readonly planned: readonly BoundLaunch[];
  readonly #total: GPUBuffer | undefined;
  readonly #flat: readonly FlatBuffer[];
  readonly #own: readonly GPUBuffer[];
  readonly #add: readonly PreparedLaunch[];
  readonly #update: readonly PreparedLaunch[];
  readonly #step: StepUniform;
  readonly #life = new Lifetime();
  readonly #chunks: GPUBuffer;
  /** Variables whose first step has not come, as the table of chunks has it. */
  #waiting = 0;

  private constructor(
    parameters: Parameters,
    optimizer: Optimizer,
    options: UpdateOptions,
    made: {
      readonly stage: UpdateStage;
      readonly layouts: ReturnType<typeof layoutsOf>;
      readonly buffers: Readonly<Record<string, GPUBuffer>>;
      readonly step: StepUniform;
      readonly planned: readonly BoundLaunch[];
      readonly prepared: { readonly launches: readonly PreparedLaunch[]; readonly uniforms: GPUBuffer };
    },
  ) {
    requireMade('Update', made, 'stage');
    const { stage, layouts, buffers, step, planned, prepared } = made;
    const { engine } = parameters;
    const like = (name: string) => new FlatBuffer(engine, layouts.gradients, buffers[name] as GPUBuffer);
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.options = options;
    this.gradients = like('gradients');
    this.slots = new Map(stage.slots.map((name) => [name, like(name)]));
    this.state = layouts.state && new FlatBuffer(engine, layouts.state, buffers['state'] as GPUBuffer);
    this.report = buffers['report'] as GPUBuffer;
    this.planned = planned;
    this.#total = buffers['total'];
    this.#step = step;
    this.#chunks = buffers['chunks'] as GPUBuffer;
    const first = stage.accumulate ? 1 : 0;
    this.#add = prepared.launches.slice(0, first);
    this.#update = prepared.launches.slice(first);
    const flat = [this.gradients, ...this.slots.values(), ...(this.state ? [this.state] : [])];
    this.#flat = flat;
    const others = Object.values(buffers).filter((each) => flat.every(({ buffer }) => buffer !== each));
    this.#own = [...others, step.buffer, prepared.uniforms];
  }

  /**
   * @param parameters that it changes
   * @param optimizer whose rule it runs
   * @throws {ValueError | ShapeError} if an option makes no sense, names no variable of the parameters, or nothing is
   * trained;
   *   if what is assigned has gaps between its rows
   * @throws {LimitError | OutOfMemoryError} if gradients and slots do not fit on the adapter
   */
  static async create(
    parameters: Parameters,
    optimizer: Optimizer,
    options: UpdateOptions = {},
  ): Promise<Update> {
    requireObject('update', 'the parameters', parameters, ['engine', 'layout', 'requireAlive']);
    requireOptimizer(optimizer);
    checkOptions('update', options, OPTIONS);
    parameters.requireAlive('update');
    const { engine } = parameters;
    const layouts = layoutsOf(parameters, options);
    const stage = updateStage(optimizer, layouts, options, engine.target);
    const { step, ...made } = await allocate(engine, 'optimizer', () => ({
      ...flatBuffers(parameters, stage),
      step: new StepUniform(engine, 'update step'),
    }));
    const buffers: Readonly<Record<string, GPUBuffer>> = made;
    const launches = [...(stage.accumulate ? [stage.accumulate] : []), ...stage.update];
    const flat = { ...buffers, variables: parameters.buffer };
    const planned = launches.map((launch) => bindFlat(`update/${optimizer.name}`, launch, flat));
    const memory = { slots: [], step: step.buffer, flat };
    const { onProgress } = options;
    const prepare = () => {
      for (const [name, words] of Object.entries(stage.tables)) {
        writeBuffer(engine, buffers[name] as GPUBuffer, 0, words);
      }
      return prepareLaunches(engine, planned, memory, { ...(onProgress && { onProgress }) });
    };
    const prepared = await orDestroy(engine, prepare, [...buffersOf(buffers), step.buffer]);
    return new Update(parameters, optimizer, options, { stage, layouts, buffers, step, planned, prepared });
  }

  /**
   * Copies the variables that are assigned to where the step's first micro-batch finds them.
   * @param encoder of the step, before its first part
   */
  begin(encoder: GPUCommandEncoder): void {
    this.#require('update.begin', encoder);
    if (!this.state) return;
    for (const [name, { rows, columns, offset }] of this.state.layout.places) {
      const from = this.parameters.layout.places.get(name)?.offset ?? 0;
      const [source, target, size] = [from, offset, rows * columns].map((count) => bytesOf(count));
      encoder.copyBufferToBuffer(this.parameters.buffer, source!, this.state.buffer, target!, size);
    }
  }

  /**
   * Leaves what a micro-batch assigns to the next one, and to the update. `range` tells where a variable's value lies.
   * @param encoder of the step, behind the forward part
   * @throws {ValueError} where it was destroyed
   */
  assign(encoder: GPUCommandEncoder, range: (name: string) => Required<GPUBufferBinding>): void {
    this.#require('update.assign', encoder);
    requireFunction('update.assign', 'range', range);
    if (!this.state) return;
    for (const [name, { rows, columns, offset }] of this.state.layout.places) {
      const { buffer, offset: source } = range(name);
      encoder.copyBufferToBuffer(buffer, source, this.state.buffer, bytesOf(offset), bytesOf(rows * columns));
    }
  }

  /**
   * Puts a micro-batch's gradients, which `gradients` holds, to those of the ones before; number 0 begins anew. After the
   * last, `gradients` holds the whole batch's. Needed only where there are several.
   * @param encoder of the step, behind the backward part
   * @throws {ValueError} where it was destroyed
   */
  accumulate(encoder: GPUCommandEncoder, number: number): void {
    this.#require('update.accumulate', encoder);
    requireWhole('update.accumulate', 'number', number, 0);
    if (!this.#total) return;
    if (number === 0) {
      encoder.copyBufferToBuffer(this.gradients.buffer, 0, this.#total, 0, this.#total.size);
      return;
    }
    const pass = encoder.beginComputePass({ label: 'accumulate' });
    encodeLaunches(this.parameters.engine, pass, this.#add);
    pass.end();
    if (number + 1 < (this.options.microBatches ?? 1)) return;
    encoder.copyBufferToBuffer(this.#total, 0, this.gradients.buffer, 0, this.#total.size);
  }

  /** Dispatches of an update. */
  get dispatches(): number {
    return this.#update.length;
  }

  /** Bytes that an update must read and write: for each number that it changes, that, its gradient and its slots. */
  get bytes(): number {
    return this.planned.reduce((sum, { homes }) => {
      const { w, dw } = homes;
      const slots = Object.keys(homes).filter((name) => name.startsWith('slot'));
      // Of the two, one holds also what stays as it is.
      return w && dw ? sum + Math.min(w.size, dw.size) * (3 + 2 * slots.length) : sum;
    }, 0);
  }

  /**
   * Encodes the update. `step.step` counts from 0, `step.rate` is the learning rate.
   * @param pass of the step, behind the gradients of all of its parts
   * @throws {ValueError} where it was destroyed
   */
  encode(pass: GPUComputePassEncoder, step: Partial<Step>): void {
    this.#require('update.encode');
    requireObject('update.encode', 'the pass', pass, ['setPipeline']);
    checkOptions('update.encode', step, STEP);
    this.#step.write({ ...INITIAL_STEP, ...step, ...this.factorsOf(step.step) });
    this.#await(step.step);
    encodeLaunches(this.parameters.engine, pass, this.#update);
  }

  /** Holds variables whose first step has not come. */
  #await(step = 0): void {
    const { layout, specs } = this.gradients;
    const waiting = specs.filter(({ from = 0 }) => step < from).length;
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    const { engine, layout: variables } = this.parameters;
    writeBuffer(engine, this.#chunks, 0, chunkTable(variables, layout, step));
  }

  /**
   * What the optimizer and a running average make of the number of a step.
   * @throws {ValueError} unless they are numbers
   */
  factorsOf(number = 0): Pick<Step, 'factor0' | 'factor1' | 'average'> {
    const [factor0, factor1] = this.optimizer.factors(number + 1);
    const factors = { factor0, factor1, average: this.options.average?.factor(number) ?? 1 };
    checkOptions(`${this.optimizer.name}, step ${number}`, factors, STEP);
    return factors;
  }

  #require(where: string, encoder?: unknown): void {
    this.#life.require(where);
    this.parameters.requireAlive(where);
    if (!where.endsWith('encode')) requireObject(where, 'the encoder', encoder, ['copyBufferToBuffer']);
  }

  /** Frees the slots and whatever else it keeps. */
  destroy(): void {
    if (!this.#life.end()) return;
    for (const flat of this.#flat) flat.destroy();
    destroyBuffers(this.parameters.engine, this.#own);
  }
}

function layoutsOf({ layout, specs }: Parameters, { trained, assigned = [] }: UpdateOptions) {
  const own = trained ?? specs.filter(({ trainable }) => trainable);
  for (const variable of [...own, ...assigned]) {
    requirePlace(variable, layout, 'is not among the parameters given to the update');
  }
  const state = assigned.length > 0 ? layoutVariables(assigned) : undefined;
  for (const { name } of assigned) requireNoGaps([state, layout].map((flat) => flat?.places.get(name)));
  return { variables: layout, gradients: layoutVariables(own), state };
}

/** Assigned variables are copied whole. */
function requireNoGaps(places: readonly (Place | undefined)[]): void {
  const apart = places.find((place) => place && place.rows > 1 && place.stride > place.columns);
  if (!apart) return;
  const problem = 'is assigned, and its rows must lie one after the other';
  const got = `rows of ${apart.columns} that begin ${apart.stride} numbers apart`;
  const advice = 'leave out merge, and take an order that pads no rows';
  throw new ValueError(apart.variable.name, problem, got, advice);
}

const flatBuffers = ({ engine }: Parameters, { bytes }: UpdateStage): Record<string, GPUBuffer> =>
  Object.fromEntries(
    Object.entries(bytes).map(([name, size]) => [name, storageBuffer(engine, name, size)] as const),
  );

/** A launch all of whose variables are whole flat buffers. */
function bindFlat(label: string, launch: Launch, flat: Readonly<Record<string, GPUBuffer>>): BoundLaunch {
  const homes = Object.entries(launch.bind).map(([name, target]) => {
    if (!('flat' in target)) throw new Error(`${label}: ${name} must be a flat buffer`);
    return [name, { buffer: target.flat, offset: 0, size: flat[target.flat]?.size ?? 0 }] as const;
  });
  return { ...launch, label, part: 'backward', homes: Object.fromEntries(homes) };
}
