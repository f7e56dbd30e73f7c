import type { JobContext } from '../job';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { caseGradients, caseInputs, caseStep, type OpCase } from '../op_case';
import type { Engine } from '../../../src/gpu/engine';
import type { ConvProblem } from '../../../src/ops/conv/problem';
import { readBuffer } from '../../../src/runtime/buffers';
import { SingleOp } from '../../../src/runtime/single_op';
import type { FlatBuffer } from '../../../src/runtime/flat_buffer';

export interface OpReport {
  /** Outputs and gradients (`y`, `dx`, ...) against the float64 reference. */
  readonly tensors: Readonly<Record<string, Distance>>;
  /** True if a second run gave the same bits. */
  readonly repeats: boolean;
  /** Words behind a tensor, or between the rows of a gradient, that a kernel changed. */
  readonly touchedGuards: number;
  /** Problems that the forced kernel solved. */
  readonly forced: number;
}

/** A kernel of convolutions to take wherever it can be; see src/ops/conv/launch.ts. */
export interface Force {
  readonly form: ConvProblem['form'];
  readonly kernel: string;
}

const files = import.meta.glob<{ cases: readonly OpCase[] }>('../../ops/*.cases.ts', { eager: true });
const cases = new Map(Object.values(files).flatMap((file) => file.cases.map((each) => [each.name, each])));

/**
 * NaNs whose bits no arithmetic produces: what is not written shows, and so does what is written too far. Each buffer
 * has its own, because a sum or a copy of a NaN has the NaN's bits: it would look like what was there before.
 */
const poisonOf = (buffer: number): number => 0x7fc0dead + buffer;
const GUARD_BYTES = 256;

/** Runs one case, by name, and measures; the test decides. */
export async function checkOp(
  context: JobContext,
  { name, force }: { name: string; force?: Force },
): Promise<OpReport> {
  const found = cases.get(name);
  if (!found) throw new Error(`checkOp: no case of this name; got ${name}`);
  const engine = await sharedEngine(context);
  let forced = 0;
  const choose = (problem: string, candidates: readonly string[]): string | undefined => {
    if (!force || !problem.startsWith(`${force.form} `) || !candidates.includes(force.kernel))
      return undefined;
    forced += 1;
    return force.kernel;
  };
  const report = await runCase({ ...engine, target: { ...engine.target, choose } }, found);
  return { ...report, forced };
}

/** Runs a case on any device: forward and gradients, twice, in poisoned memory. */
export async function runCase(engine: Engine, opCase: OpCase): Promise<Omit<OpReport, 'forced'>> {
  const inputs = caseInputs(opCase);
  const outputGradients = opCase.gradients.length > 0 ? caseGradients(opCase) : {};
  const step = caseStep(opCase);
  const single = await SingleOp.create(engine, opCase.op, opCase.attrs as never, {
    inputs: opCase.inputs,
    gradients: opCase.gradients,
    guardBytes: GUARD_BYTES,
  });
  try {
    const run = async () => {
      poison(engine, single);
      await single.write(arrays(inputs, opCase));
      await single.write(arrays(outputGradients, opCase, 'd'));
      return single.run(step);
    };
    const first = await run();
    const touchedGuards = await countTouched(engine, single);
    const second = await run();
    const repeats = Object.entries(first).every(([tensor, data]) => sameBits(data, second[tensor]));

    const expected: Record<string, ArrayLike<number>> = {};
    const { reference } = opCase;
    for (const [output, { data }] of Object.entries(reference.forward(inputs, opCase.attrs as never, step))) {
      expected[output] = data;
    }
    if (opCase.gradients.length > 0) {
      const gradients = reference.backward(inputs, opCase.attrs as never, outputGradients, step);
      for (const input of opCase.gradients) expected[`d${input}`] = gradients[input]?.data ?? [];
    }
    const tensors = Object.fromEntries(
      Object.entries(expected).map(([tensor, values]) => [tensor, distance(first[tensor] ?? [], values)]),
    );
    return { tensors, repeats, touchedGuards };
  } finally {
    single.destroy();
  }
}

function arrays(tensors: ReturnType<typeof caseInputs>, { inputs }: OpCase, prefix = '') {
  const entries = Object.entries(tensors).map(([name, { data }]) => {
    const whole = inputs[name]?.dtype === 'u32' && prefix === '';
    return [`${prefix}${name}`, whole ? Uint32Array.from(data) : Float32Array.from(data)];
  });
  return Object.fromEntries(entries) as Record<string, Float32Array | Uint32Array>;
}

const memory = ({ program }: SingleOp): GPUBuffer[] => [
  ...program.slots,
  (program.gradients as FlatBuffer).buffer,
];

function poison({ device }: Engine, single: SingleOp): void {
  memory(single).forEach((buffer, index) => {
    device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(poisonOf(index)));
  });
}

async function countTouched(engine: Engine, { program }: SingleOp): Promise<number> {
  let touched = 0;
  for (const [index, slot] of program.slots.entries()) {
    const words = new Uint32Array(await readBuffer(engine, slot)).subarray(-GUARD_BYTES / 4);
    touched += words.filter((word) => word !== poisonOf(index)).length;
  }
  // In the flat buffer of gradients, what belongs to no variable stays as it is, or is zero.
  const flat = new Uint32Array(await readBuffer(engine, (program.gradients as FlatBuffer).buffer));
  const poison = poisonOf(program.slots.length);
  for (const { offset, rows, columns, stride } of program.gradients?.layout.places.values() ?? []) {
    for (let row = 0; row < rows; row++) {
      const at = offset + row * stride;
      flat.fill(poison, at, at + columns);
    }
  }
  return touched + flat.filter((word) => word !== poison && word !== 0).length;
}

function sameBits(a: Float32Array | Uint32Array, b: Float32Array | Uint32Array | undefined): boolean {
  if (!b || a.length !== b.length) return false;
  const [x, y] = [new Uint32Array(a.buffer), new Uint32Array(b.buffer)];
  return x.every((word, index) => word === y[index]);
}
