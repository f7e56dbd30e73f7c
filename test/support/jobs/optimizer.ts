import type { JobContext } from '../job';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { adam, sgd, type OptimizerState } from '../reference/optimizer';
import { smallPictures, smallTrainer } from '../small_trainer';
import { adamCases, sgdCases, type AdamCase, type SgdCase } from '../../ops/optimizer_cases';
import type { Launch } from '../../../src/core/op';
import { uniform } from '../../../src/core/random';
import { INITIAL_STEP } from '../../../src/core/step';
import type { PlacedLaunch } from '../../../src/graph/plan';
import type { Engine } from '../../../src/gpu/engine';
import { adamUpdate } from '../../../src/ops/adam';
import { optimizerTables, type OptimizedParameter } from '../../../src/ops/optimizer_table';
import { sgdUpdate } from '../../../src/ops/sgd';
import { readBuffer, storageBuffer } from '../../../src/runtime/buffers';
import { encodeLaunches, prepareLaunches } from '../../../src/runtime/launches';
import { StepUniform } from '../../../src/runtime/uniforms';
import type { Optimizer } from '../../../src/runtime/update';

interface Arguments {
  readonly kind: 'sgd' | 'adam';
  readonly name: string;
  /** Takes the place of the adapter's own limit per dimension. */
  readonly maxWorkgroups: number | null;
}

export interface UpdateReport {
  /** Of the weights after the last step, frozen parameters and the gaps between them included. */
  readonly w: Distance;
  readonly workgroups: Launch['workgroups'];
}

const numbers = (each: SgdCase | AdamCase, what: string): Float32Array<ArrayBuffer> =>
  uniform(each.elements, 1, 11, `${each.name}/${what}`);

/** Some updates of a case's parameters in one flat buffer, against the definition in float64. */
export async function checkUpdates(
  context: JobContext,
  { kind, name, maxWorkgroups }: Arguments,
): Promise<UpdateReport> {
  const shared = await sharedEngine(context);
  const limit = maxWorkgroups ?? shared.target.maxWorkgroupsPerDimension;
  const engine: Engine = { ...shared, target: { ...shared.target, maxWorkgroupsPerDimension: limit } };
  const found = (kind === 'sgd' ? sgdCases : adamCases).find((each) => each.name === name);
  if (!found) throw new Error(`checkUpdates: no case of this name; got ${kind} ${name}`);
  const { w, workgroups } = await updateAll(engine, found);
  return { w: distance(w, expected(found)), workgroups };
}

const isAdam = (each: SgdCase | AdamCase): each is AdamCase => 'beta1' in each.options;

async function updateAll(engine: Engine, found: SgdCase | AdamCase) {
  const { device } = engine;
  const { chunks, table } = optimizerTables(found.parameters);
  const buffer = (label: string, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): GPUBuffer => {
    const made = storageBuffer(engine, label, data.byteLength);
    device.queue.writeBuffer(made, 0, data);
    return made;
  };
  const zeros = new Float32Array(found.elements);
  const flat = {
    parameters: buffer('parameters', numbers(found, 'w')),
    gradients: buffer('gradients', zeros),
    moment1: buffer('moment1', zeros),
    moment2: buffer('moment2', zeros),
    chunks: buffer('chunks', chunks),
    table: buffer('table', table),
    // Norm 0, scale 1, not halted.
    report: buffer('report', Float32Array.of(0, 1, 0, 0)),
  };
  const step = new StepUniform(engine, 'step');
  const launch = isAdam(found)
    ? adamUpdate(found.options, chunks.length / 2, engine.target)
    : sgdUpdate(found.options, chunks.length / 2, engine.target);
  const homes = Object.entries(launch.bind).map(([name, target]) => {
    if (!('storage' in target)) throw new Error(`checkUpdates: ${name} must be a flat buffer`);
    return [name, { buffer: target.storage, offset: 0, size: 0 }] as const;
  });
  const planned: PlacedLaunch = {
    ...launch,
    label: 'update',
    part: 'backward',
    homes: Object.fromEntries(homes),
  };
  const { launches, uniforms } = await prepareLaunches(engine, [planned], {
    slots: [],
    step: step.buffer,
    flat,
  });
  const [beta1, beta2] = isAdam(found) ? [found.options.beta1, found.options.beta2] : [0, 0];
  for (let count = 1; count <= found.steps; count++) {
    device.queue.writeBuffer(flat.gradients, 0, numbers(found, `dw${count}`));
    step.write({
      ...INITIAL_STEP,
      rate: found.rate,
      correction1: 1 / (1 - beta1 ** count),
      correction2: 1 / (1 - beta2 ** count),
    });
    const encoder = device.createCommandEncoder({ label: 'update' });
    const pass = encoder.beginComputePass({ label: 'update' });
    encodeLaunches(engine, pass, launches);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }
  const w = new Float32Array(await readBuffer(engine, flat.parameters));
  for (const each of [...Object.values(flat), step.buffer, uniforms]) each.destroy();
  return { w, workgroups: launch.workgroups };
}

function expected(found: SgdCase | AdamCase): Float64Array {
  const w = Float64Array.from(numbers(found, 'w'));
  const gradients = Array.from({ length: found.steps }, (_, index) => numbers(found, `dw${index + 1}`));
  for (const parameter of found.parameters) {
    if (parameter.frozen === true) continue;
    const at = places(parameter);
    const gathered = (all: ArrayLike<number>): Float64Array =>
      Float64Array.from(at, (place) => all[place] as number);
    const none = new Float64Array(at.length);
    let state: OptimizerState = { w: gathered(w), m: none, v: none };
    const rate = found.rate * (parameter.rateScale ?? 1);
    const weightDecay = found.options.weightDecay * (parameter.decayScale ?? 1);
    gradients.forEach((dw, index) => {
      state = isAdam(found)
        ? adam(state, gathered(dw), index + 1, { ...found.options, rate, weightDecay })
        : sgd(state, gathered(dw), { ...found.options, rate, weightDecay });
    });
    at.forEach((place, index) => (w[place] = state.w[index] as number));
  }
  return w;
}

const places = ({ offset, rows, columns, stride }: OptimizedParameter): number[] =>
  Array.from({ length: rows * columns }, (_, index) => {
    return offset + Math.floor(index / columns) * stride + (index % columns);
  });

/** Losses of the same steps with one optimizer after the other. */
export async function lossesWith(
  context: JobContext,
  { optimizers }: { readonly optimizers: readonly Optimizer[] },
): Promise<number[][]> {
  const engine = await sharedEngine(context);
  const { images, labels } = smallPictures(4);
  const all: number[][] = [];
  for (const optimizer of optimizers) {
    const trainer = await smallTrainer(engine, 4, { optimizer, rate: 0.01 });
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) losses.push((await trainer.step(images, labels)).total);
    all.push(losses);
    trainer.destroy();
  }
  return all;
}
