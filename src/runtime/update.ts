import type { Launch } from '../core/op';
import type { Step } from '../core/step';
import { INITIAL_STEP } from '../core/step';
import { adamUpdate } from '../ops/adam';
import { optimizerTables } from '../ops/optimizer_table';
import { sgdUpdate } from '../ops/sgd';
import { allocate, storageBuffer } from './buffers';
import { encodeLaunches, prepareLaunches, type PreparedLaunch } from './launches';
import type { Parameters } from './parameters';
import { writeStep } from './uniforms';

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

/** The optimizer's state for a set of parameters; one dispatch updates them all. */
export class Update {
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  /** Flat buffers that mirror the parameters' own. */
  readonly gradients: GPUBuffer;
  readonly moment1: GPUBuffer;
  readonly moment2: GPUBuffer | undefined;
  readonly #tables: readonly GPUBuffer[];
  readonly #launch: PreparedLaunch;
  readonly #step: GPUBuffer;

  private constructor(
    parameters: Parameters,
    optimizer: Optimizer,
    made: {
      gradients: GPUBuffer;
      moment1: GPUBuffer;
      moment2?: GPUBuffer;
      tables: GPUBuffer[];
      step: GPUBuffer;
    },
    launch: PreparedLaunch,
  ) {
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.gradients = made.gradients;
    this.moment1 = made.moment1;
    this.moment2 = made.moment2;
    this.#tables = made.tables;
    this.#step = made.step;
    this.#launch = launch;
  }

  /** @throws {LimitError | OutOfMemoryError} if gradients and moments do not fit on the adapter */
  static async create(parameters: Parameters, optimizer: Optimizer): Promise<Update> {
    const { engine, layout } = parameters;
    const bytes = layout.elements * 4;
    const { chunks, table } = optimizerTables([...layout.placements.values()]);
    const made = await allocate(engine, 'optimizer', () => ({
      gradients: storageBuffer(engine, 'gradients', bytes),
      moment1: storageBuffer(engine, 'moment1', bytes),
      ...(optimizer.kind === 'adam' && { moment2: storageBuffer(engine, 'moment2', bytes) }),
      tables: [
        storageBuffer(engine, 'chunks', chunks.byteLength),
        storageBuffer(engine, 'table', table.byteLength),
      ],
      step: engine.device.createBuffer({
        label: 'update step',
        size: 256,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      }),
    }));
    const [chunkBuffer, tableBuffer] = made.tables as [GPUBuffer, GPUBuffer];
    engine.device.queue.writeBuffer(chunkBuffer, 0, chunks);
    engine.device.queue.writeBuffer(tableBuffer, 0, table);
    const launch = lowerUpdate(optimizer, chunks.length / 2, engine.target);
    const whole = Object.entries(launch.bind).map(([name, target]) => {
      if (!('storage' in target)) throw new Error(`update: ${name} must be a flat buffer`);
      return [name, { buffer: target.storage, offset: 0, size: 0 }] as const;
    });
    const planned = {
      ...launch,
      label: `update/${optimizer.kind}`,
      part: 'backward',
      homes: Object.fromEntries(whole),
    };
    const { launches, uniforms } = await prepareLaunches(engine, [planned as never], {
      slots: [],
      step: made.step,
      flat: {
        parameters: parameters.buffer,
        gradients: made.gradients,
        moment1: made.moment1,
        moment2: made.moment2,
        chunks: chunkBuffer,
        table: tableBuffer,
      },
    });
    made.tables.push(uniforms);
    return new Update(parameters, optimizer, made, launches[0] as PreparedLaunch);
  }

  /** Encodes the update. `step.step` counts from 0, `step.rate` is the learning rate. */
  encode(pass: GPUComputePassEncoder, step: Partial<Step>): void {
    const count = (step.step ?? 0) + 1;
    const { kind } = this.optimizer;
    const [beta1, beta2] = kind === 'adam' ? betas(this.optimizer) : [0, 0];
    writeStep(this.parameters.engine.device, this.#step, {
      ...INITIAL_STEP,
      ...step,
      correction1: 1 / (1 - beta1 ** count),
      correction2: 1 / (1 - beta2 ** count),
    });
    encodeLaunches(pass, [this.#launch]);
  }

  destroy(): void {
    for (const buffer of [this.gradients, this.moment1, this.moment2, this.#step, ...this.#tables])
      buffer?.destroy();
  }
}

const betas = ({ beta1 = 0.9, beta2 = 0.999 }: Extract<Optimizer, { kind: 'adam' }>) =>
  [beta1, beta2] as const;

function lowerUpdate(
  optimizer: Optimizer,
  chunkCount: number,
  target: Parameters['engine']['target'],
): Launch {
  const { weightDecay = 0 } = optimizer;
  if (optimizer.kind === 'sgd')
    return sgdUpdate({ momentum: optimizer.momentum ?? 0.9, weightDecay }, chunkCount, target);
  const [beta1, beta2] = betas(optimizer);
  return adamUpdate({ beta1, beta2, epsilon: optimizer.epsilon ?? 1e-8, weightDecay }, chunkCount, target);
}
