import type { Launch, Target } from '../core/op';
import { ValueError } from '../core/errors';
import { INITIAL_STEP, type Step } from '../core/step';
import { destroyBuffers, writeBuffer } from '../gpu/commands';
import type { PlacedLaunch } from '../graph/plan';
import { accumulate } from '../ops/accumulate';
import { requireNumber, requireObject, requireOneOf } from '../core/check';
import { adamUpdate } from '../ops/adam';
import { gradientNorm, partialSums, REPORT_WORDS } from '../ops/gradient_norm';
import { optimizerTables } from '../ops/optimizer_table';
import { sgdUpdate } from '../ops/sgd';
import { allocate, buffersOf, orDestroy, storageBuffer } from './buffers';
import type { OnCompileProgress } from './compile';
import { encodeLaunches, prepareLaunches, type PreparedLaunch } from './launches';
import { Lifetime } from './lifetime';
import type { Parameters } from './parameters';
import { StepUniform } from './uniforms';

export type Optimizer =
  | {
      readonly kind: 'sgd';
      /** Default 0.9. */
      readonly momentum?: number;
      /** Added to the gradient as weightDecay * w. Default 0. */
      readonly weightDecay?: number;
    }
  | {
      readonly kind: 'adam';
      /** Defaults 0.9, 0.999 and 1e-8. */
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    };

export interface UpdateOptions {
  /** Largest global norm of the gradients; larger ones are scaled down to it. Default: any. */
  readonly clip?: number;
  /** Parts that a batch comes in, whose gradients are added up. Default 1. */
  readonly microBatches?: number;
  /** Losses of a step, of all micro-batches, that lie in the report and are watched. Default 0. */
  readonly losses?: number;
  /** See `ProgramOptions.onProgress`. */
  readonly onProgress?: OnCompileProgress;
}

/** Bytes of the report before the losses: norm, scale, halted, unused. */
export const REPORT_BYTES = REPORT_WORDS * 4;

/**
 * The optimizer's state for a set of parameters. An update takes the gradients' norm, clips them, and changes all
 * parameters in one dispatch; after a step with a number that is not finite it changes nothing any more.
 */
export class Update {
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  /** Flat buffers that mirror the parameters' own; programs write `gradients`. */
  readonly gradients: GPUBuffer;
  readonly moment1: GPUBuffer;
  readonly moment2: GPUBuffer | undefined;
  /** The norm of the gradients, the factor that clips them, whether the run is halted, then the losses. */
  readonly report: GPUBuffer;
  /** All that an update and what leads up to it launches, as data. */
  readonly planned: readonly PlacedLaunch[];
  readonly #total: GPUBuffer | undefined;
  readonly #own: readonly (GPUBuffer | undefined)[];
  readonly #add: readonly PreparedLaunch[];
  readonly #update: readonly PreparedLaunch[];
  readonly #step: StepUniform;
  readonly #life = new Lifetime();

  private constructor(
    parameters: Parameters,
    optimizer: Optimizer,
    made: Made,
    planned: readonly PlacedLaunch[],
    { launches, uniforms }: { readonly launches: readonly PreparedLaunch[]; readonly uniforms: GPUBuffer },
  ) {
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.gradients = made.gradients;
    this.moment1 = made.moment1;
    this.moment2 = made.moment2;
    this.report = made.report;
    this.planned = planned;
    this.#total = made.total;
    this.#step = made.step;
    const first = made.total ? 1 : 0;
    this.#add = launches.slice(0, first);
    this.#update = launches.slice(first);
    this.#own = [...buffersOf(made), uniforms];
  }

  /**
   * @throws {ValueError} if an option makes no sense
   * @throws {LimitError | OutOfMemoryError} if gradients and moments do not fit on the adapter
   */
  static async create(
    parameters: Parameters,
    optimizer: Optimizer,
    options: UpdateOptions = {},
  ): Promise<Update> {
    const { clip, microBatches = 1, losses = 0, onProgress } = options;
    requireObject('optimizer', 'the parameters', parameters, ['engine', 'layout']);
    checkOptimizer(optimizer);
    if (clip !== undefined && !(clip > 0 && clip < Infinity))
      throw new ValueError('update', 'clip must be a number above 0', `${clip}`);
    const { engine, layout } = parameters;
    const { elements } = layout;
    const tables = optimizerTables([...layout.placements.values()]);
    const made = await allocate(engine, 'optimizer', (): Made => {
      const flat = (label: string): GPUBuffer => storageBuffer(engine, label, elements * 4);
      return {
        gradients: flat('gradients'),
        total: microBatches > 1 ? flat('total gradients') : undefined,
        moment1: flat('moment1'),
        moment2: optimizer.kind === 'adam' ? flat('moment2') : undefined,
        chunks: storageBuffer(engine, 'chunks', tables.chunks.byteLength),
        table: storageBuffer(engine, 'table', tables.table.byteLength),
        sums: storageBuffer(engine, 'sums of squares', partialSums(elements) * 4),
        report: storageBuffer(engine, 'report', REPORT_BYTES + losses * 4),
        step: new StepUniform(engine, 'update step'),
      };
    });
    writeBuffer(engine, made.chunks, 0, tables.chunks);
    writeBuffer(engine, made.table, 0, tables.table);
    const from = made.total ? 'total' : 'gradients';
    const { target } = engine;
    const launches = [
      ...(made.total ? [accumulate(elements, target)] : []),
      ...gradientNorm({ elements, losses, clip, of: from }, target),
      lowerUpdate(optimizer, tables.chunks.length / 2, from, target),
    ].map((launch) => placeFlat(`update/${optimizer.kind}`, launch));
    const { step, ...flat } = made;
    const memory = { slots: [], step: step.buffer, flat: { ...flat, parameters: parameters.buffer } };
    const preparing = prepareLaunches(engine, launches, memory, { ...(onProgress && { onProgress }) });
    const prepared = await orDestroy(engine, preparing, buffersOf(made));
    return new Update(parameters, optimizer, made, launches, prepared);
  }

  /**
   * Puts a micro-batch's gradients, which `gradients` holds, to those of the ones before; number 0 begins anew. Needed
   * only where there are several.
   */
  accumulate(encoder: GPUCommandEncoder, number: number): void {
    if (!this.#total) return;
    if (number === 0) {
      encoder.copyBufferToBuffer(this.gradients, 0, this.#total, 0, this.gradients.size);
      return;
    }
    const pass = encoder.beginComputePass({ label: 'accumulate' });
    encodeLaunches(this.parameters.engine, pass, this.#add);
    pass.end();
  }

  /** Dispatches of an update. */
  get dispatches(): number {
    return this.#update.length;
  }

  /** Encodes the update. `step.step` counts from 0, `step.rate` is the learning rate. */
  encode(pass: GPUComputePassEncoder, step: Partial<Step>): void {
    this.#life.require('update.encode');
    const count = (step.step ?? 0) + 1;
    const { kind } = this.optimizer;
    const [beta1, beta2] = kind === 'adam' ? betas(this.optimizer) : [0, 0];
    this.#step.write({
      ...INITIAL_STEP,
      ...step,
      correction1: 1 / (1 - beta1 ** count),
      correction2: 1 / (1 - beta2 ** count),
    });
    encodeLaunches(this.parameters.engine, pass, this.#update);
  }

  destroy(): void {
    if (this.#life.end()) destroyBuffers(this.parameters.engine, this.#own);
  }
}

interface Made {
  readonly gradients: GPUBuffer;
  readonly total: GPUBuffer | undefined;
  readonly moment1: GPUBuffer;
  readonly moment2: GPUBuffer | undefined;
  readonly chunks: GPUBuffer;
  readonly table: GPUBuffer;
  readonly sums: GPUBuffer;
  readonly report: GPUBuffer;
  readonly step: StepUniform;
}

/** A launch all of whose variables are whole flat buffers. */
function placeFlat(label: string, launch: Launch): PlacedLaunch {
  const homes = Object.entries(launch.bind).map(([name, target]) => {
    if (!('storage' in target)) throw new Error(`${label}: ${name} must be a flat buffer`);
    return [name, { buffer: target.storage, offset: 0, size: 0 }] as const;
  });
  return { ...launch, label, part: 'backward', homes: Object.fromEntries(homes) };
}

function checkOptimizer(optimizer: Optimizer): void {
  requireObject('optimizer', 'it', optimizer, ['kind']);
  const { kind, ...numbers } = optimizer;
  requireOneOf('optimizer', 'kind', kind, ['sgd', 'adam']);
  for (const [name, value] of Object.entries<unknown>(numbers)) {
    if (value !== undefined) requireNumber('optimizer', name, value);
  }
}

const betas = ({ beta1 = 0.9, beta2 = 0.999 }: Extract<Optimizer, { kind: 'adam' }>) =>
  [beta1, beta2] as const;

function lowerUpdate(
  optimizer: Optimizer,
  chunkCount: number,
  from: 'gradients' | 'total',
  target: Target,
): Launch {
  const launch = lowerOptimizer(optimizer, chunkCount, target);
  return { ...launch, bind: { ...launch.bind, dw: { storage: from } } };
}

function lowerOptimizer(optimizer: Optimizer, chunkCount: number, target: Target): Launch {
  const { weightDecay = 0 } = optimizer;
  if (optimizer.kind === 'sgd')
    return sgdUpdate({ momentum: optimizer.momentum ?? 0.9, weightDecay }, chunkCount, target);
  const [beta1, beta2] = betas(optimizer);
  return adamUpdate({ beta1, beta2, epsilon: optimizer.epsilon ?? 1e-8, weightDecay }, chunkCount, target);
}
