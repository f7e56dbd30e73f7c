import { ShapeError, ValueError } from '../core/errors';
import { hashName } from '../core/random';
import { formatShape, sameShape } from '../core/shape';
import { writeBuffer } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { readParameter, writeParameter } from '../graph/parameter_layout';
import type { Checkpoint, CheckpointState, NamedTensors } from '../io/checkpoint';
import { readRanges } from '../runtime/buffers';
import type { Program } from '../runtime/program';
import type { Update } from '../runtime/update';

/** What a checkpoint says beside what the trainer knows. */
export interface AboutRun {
  /** Where the data goes on. Default: pictures counted from the first step, in epoch 0. */
  readonly cursor?: CheckpointState['cursor'];
  /** What the run was asked for. Default: nothing. */
  readonly settings?: CheckpointState['settings'];
}

interface Run {
  readonly program: Program;
  readonly update: Update;
}

/** Weights and moments as they are once all work submitted so far is done, and whether the run is halted. */
export async function readTensors({ program, update }: Run) {
  const { engine } = program;
  const { parameters, moment1, moment2, report } = update;
  const buffers = [parameters.buffer, moment1, ...(moment2 ? [moment2] : []), report];
  // One copy, so that no step comes between.
  const bytes = await readRanges(
    engine,
    buffers.map((buffer) => ({ buffer, offset: 0, size: buffer.size })),
  );
  const named = (data: ArrayBuffer | undefined): NamedTensors => {
    const flat = new Float32Array(data ?? new ArrayBuffer(0));
    return new Map(
      [...parameters.layout.placements].map(([name, placement]) => [
        name,
        { shape: placement.spec.shape, data: readParameter(placement, flat) },
      ]),
    );
  };
  return {
    weights: named(bytes[0]),
    moment1: named(bytes[1]),
    ...(moment2 && { moment2: named(bytes[2]) }),
    halted: new Uint32Array(bytes.at(-1) as ArrayBuffer)[2] !== 0,
  };
}

/**
 * Writes weights and moments, and lets a halted run go on.
 * @throws {ValueError | ShapeError} if the checkpoint is of another network or optimizer; then nothing is written
 */
export function writeTensors({ program, update }: Run, checkpoint: Checkpoint): void {
  const { engine } = program;
  const { parameters, moment1, moment2, report, optimizer } = update;
  if (checkpoint.optimizer.kind !== optimizer.kind) {
    throw new ValueError(
      'resume',
      `the optimizer is ${optimizer.kind}`,
      `a checkpoint of ${checkpoint.optimizer.kind}`,
    );
  }
  const flat = (named: NamedTensors | undefined): Float32Array => {
    const data = new Float32Array(parameters.layout.elements);
    for (const [name, placement] of parameters.layout.placements) {
      const tensor = named?.get(name);
      if (!tensor) throw new ValueError('resume', `the checkpoint lacks ${name}`);
      const { shape } = placement.spec;
      if (!sameShape(tensor.shape, shape)) {
        throw new ShapeError(
          name,
          `the network has the shape ${formatShape(shape)}`,
          formatShape(tensor.shape),
        );
      }
      writeParameter(placement, tensor.data, data);
    }
    return data;
  };
  const unknown = [...checkpoint.weights.keys()].find((name) => !parameters.layout.placements.has(name));
  if (unknown !== undefined) throw new ValueError('resume', 'the network has no parameter', unknown);
  const pairs: [GPUBuffer, Float32Array][] = [
    [parameters.buffer, flat(checkpoint.weights)],
    [moment1, flat(checkpoint.moment1)],
    ...(moment2 ? [[moment2, flat(checkpoint.moment2)] as [GPUBuffer, Float32Array]] : []),
  ];
  for (const [buffer, data] of pairs) writeBuffer(engine, buffer, 0, data);
  writeBuffer(engine, report, 0, new Uint32Array(4));
}

/** Which kernel computes each problem: what `byTable` takes. */
export const choicesOf = ({ program }: Run): Readonly<Record<string, string>> =>
  Object.fromEntries(
    program.plan.launches.flatMap(({ choice }) => (choice ? [[choice.problem, choice.kernel]] : [])),
  );

/** Changes with anything that decides a bit of the result: shaders, constants, sizes, order. */
export function planVersion({ program, update }: Run): string {
  const sources = new Map<string, number>();
  const told = [...program.plan.launches, ...update.planned].map(
    ({ shader, entry, constants, variant, params, workgroups, label }) => {
      if (!sources.has(shader.file)) sources.set(shader.file, hashName(shader.source));
      return [label, shader.file, entry, constants, variant, params, workgroups];
    },
  );
  return hashName(JSON.stringify([told, [...sources]]))
    .toString(16)
    .padStart(8, '0');
}

/** Where bits depend on who computes: adapter and browser. */
export const computedBy = ({ adapterName }: Engine): CheckpointState['adapter'] => ({
  name: adapterName,
  browser: (globalThis.navigator as Navigator | undefined)?.userAgent ?? 'none',
});

/** Why a run that goes on from a checkpoint will not have the very bits of one that was not interrupted. */
export function whyNotExact(checkpoint: Checkpoint, run: Run): string | undefined {
  const now = computedBy(run.program.engine);
  const { adapter, plan: planned } = checkpoint;
  const choices = choicesOf(run);
  const other = Object.keys(choices).find((problem) => planned.choices[problem] !== choices[problem]);
  const reason =
    adapter.name !== now.name
      ? `it was written on ${adapter.name}, this is ${now.name}`
      : adapter.browser !== now.browser
        ? `it was written in ${adapter.browser}, this is ${now.browser}`
        : other !== undefined
          ? `${other} was computed by ${planned.choices[other] ?? 'another kernel'}, now by ${choices[other] ?? ''}`
          : planned.version !== planVersion(run)
            ? 'it was written with other options, or by another version of the kernels'
            : undefined;
  return reason && `the run goes on from its checkpoint within rounding, not bit for bit: ${reason}`;
}
