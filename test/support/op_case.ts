import type { DType, Op } from '../../src/core/op';
import type { Step } from '../../src/core/step';
import { philox, uniform } from '../../src/core/random';
import { INITIAL_STEP } from '../../src/core/step';
import { sizeOf, type Shape } from '../../src/core/shape';
import { floatOutputs } from '../../src/doctor/op_check';
import type { Reference, RefTensor, RefTensors } from './reference/tensor';

export interface CaseInput {
  readonly shape: Shape;
  readonly dtype?: DType;
  /**
   * - `uniform`: in [-1, 1), the default
   * - `coarse`: multiples of 1/4 from -1 to 1, so that ties and exact zeros are common
   * - `huge`: uniform in [-1e4, 1e4)
   * - `labels`: whole numbers from 0 to `below - 1`
   */
  readonly values?: 'uniform' | 'coarse' | 'huge' | 'labels';
  readonly below?: number;
  /** Values at some places, by index in PyTorch's order: a NaN, an infinity. */
  readonly set?: Readonly<Record<number, number>>;
}

/** Largest error relative to the largest magnitude of the tensor, and normalised mean square error. */
export interface Tolerance {
  readonly relative: number;
  readonly nmse: number;
}

/** One op on given shapes: drives forward, gradients, guard words, repeats and benchmarks. */
export interface OpCase {
  readonly name: string;
  readonly op: Op;
  readonly inputs: Readonly<Record<string, CaseInput>>;
  readonly attrs: unknown;
  readonly reference: Reference;
  /** Inputs whose gradients are checked. */
  readonly gradients: readonly string[];
  readonly tolerance: Tolerance;
  readonly step?: Partial<Step>;
}

interface TypedCase<I extends string, A> extends Omit<
  OpCase,
  'op' | 'inputs' | 'attrs' | 'reference' | 'gradients'
> {
  readonly inputs: Readonly<Record<I, CaseInput>>;
  readonly attrs: A;
  readonly reference: Reference<A>;
  /** All float32 inputs unless given. */
  readonly gradients?: readonly I[];
}

/** A case whose inputs and attributes fit its op, as the compiler sees them. */
export function opCase<I extends string, O extends string, A>(
  op: Op<I, O, A>,
  typed: TypedCase<I, A>,
): OpCase {
  const floats = Object.entries<CaseInput>(typed.inputs).filter(([, { dtype = 'f32' }]) => dtype === 'f32');
  return { ...typed, op, gradients: typed.gradients ?? floats.map(([name]) => name) };
}

/** The case's inputs: always the same numbers, each exact in float32 (labels in u32). */
export function caseInputs({ name, inputs }: OpCase): RefTensors {
  const entries = Object.entries(inputs).map(([input, spec]) => [input, fill(spec, `${name}/${input}`)]);
  return Object.fromEntries(entries) as RefTensors;
}

/** Gradients that arrive at the case's float32 outputs, by output. */
export function caseGradients(opCase: OpCase): RefTensors {
  const entries = floatOutputs(opCase).map(([output, { shape }]) => [
    output,
    fill({ shape }, `${opCase.name}/d${output}`),
  ]);
  return Object.fromEntries(entries) as RefTensors;
}

export const caseStep = ({ step }: OpCase): Step => ({ ...INITIAL_STEP, ...step });

function fill({ shape, values = 'uniform', below = 1, set = {} }: CaseInput, stream: string): RefTensor {
  const count = sizeOf(shape);
  const data = Float64Array.from(uniform(count, values === 'huge' ? 1e4 : 1, 7, stream));
  if (values === 'coarse') data.forEach((value, index) => (data[index] = Math.round(value * 4) / 4 + 0));
  if (values === 'labels')
    data.forEach((_, index) => (data[index] = philox([index, 0, 0, 0], [7, 1])[0] % below));
  for (const [index, value] of Object.entries(set)) data[Number(index)] = value;
  return { shape, data };
}

/** For ops that move or choose numbers and compute nothing. */
export const EXACT: Tolerance = { relative: 0, nmse: 0 };

/** For one float32 rounding (2^-24 = 6e-8 of the result) or two. */
export const ROUNDED: Tolerance = { relative: 2e-7, nmse: 1e-14 };
