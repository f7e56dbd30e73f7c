import type { DType, Op, TensorSpec } from '../../../core/op';
import { INITIAL_STEP, type Step } from '../../../core/step';
import { philox, uniform } from '../../../core/random';
import { sizeOf, type Shape } from '../../../core/shape';
import type { Reference, RefTensor, RefTensors } from './tensor';

export interface CaseInput {
  readonly shape: Shape;
  readonly dtype?: DType;
  /**
   * - `uniform`: in [-bound, bound), the default
   * - `coarse`: multiples of 1/4 from -1 to 1, so that ties and exact zeros are common
   * - `labels`: whole numbers from 0 to `below - 1`
   */
  readonly values?: 'uniform' | 'coarse' | 'labels';
  /** Default 1. */
  readonly bound?: number;
  readonly below?: number;
  /** Values at some places, by index in PyTorch's order: a NaN, an infinity. */
  readonly set?: Readonly<Record<number, number>>;
}

/** Largest error relative to the largest magnitude of the tensor, and normalised mean square error. */
export interface Tolerance {
  readonly relative: number;
  readonly nmse: number;
}

/** For ops that move or choose numbers and compute nothing. */
export const EXACT: Tolerance = { relative: 0, nmse: 0 };

/** For one float32 rounding (2^-24 = 6e-8 of the result) or two. */
export const ROUNDED: Tolerance = { relative: 2e-7, nmse: 1e-14 };

/** Convolutions and linear layers go backward in two forms, each with kernels of its own. */
export type Direction = 'forward' | 'backward' | 'backward_input' | 'backward_weight' | 'update';

/** What the doctor looks at, and what computes it. */
export interface DoctorUse {
  readonly outputs?: Direction;
  readonly gradients?: Direction;
}

/** For an op that has a gradient, for one that has none, and for one that is a gradient. */
export const BOTH: DoctorUse = { outputs: 'forward', gradients: 'backward' };
export const FORWARD: DoctorUse = { outputs: 'forward' };
export const BACKWARD: DoctorUse = { outputs: 'backward' };

/** One op on given shapes. */
export interface OpCase {
  /** `op/what is special`, under the name that people know the op by. */
  readonly name: string;
  readonly op: Op;
  readonly inputs: Readonly<Record<string, CaseInput>>;
  readonly attrs: unknown;
  readonly reference: Reference;
  /** Inputs whose gradients are checked. */
  readonly gradients: readonly string[];
  /** Inputs whose gradients in the reference are held against finite differences, where the numbers are few. */
  readonly differences: readonly string[];
  readonly tolerance: Tolerance;
  readonly step?: Partial<Step>;
  /** Set where the doctor runs it on people's adapters: small, and few of each op. */
  readonly doctor?: DoctorUse;
  /** The output in PyTorch: inputs go by their names; test/fixtures/make_ops.py says what else there is. */
  readonly torch?: string;
}

/** The case's inputs: always the same numbers, each exact in float32 (labels in u32). */
export function caseInputs({ name, inputs }: Pick<OpCase, 'name' | 'inputs'>): RefTensors {
  const entries = Object.entries(inputs).map(([input, spec]) => [input, fill(spec, `${name}/${input}`)]);
  return Object.fromEntries(entries) as RefTensors;
}

/** Shapes of a case's outputs, by name. */
export function caseOutputs({ name, op, inputs, attrs }: OpCase): Readonly<Record<string, TensorSpec>> {
  const specs = Object.entries(inputs).map(([input, { shape, dtype = 'f32' }]) => [input, { shape, dtype }]);
  return op.infer(name, Object.fromEntries(specs) as Record<string, TensorSpec>, attrs as never);
}

/** Gradients that arrive at the case's float32 outputs, by output; none where no gradient is wanted. */
export function caseGradients(opCase: OpCase): RefTensors {
  if (opCase.gradients.length === 0 && opCase.differences.length === 0) return {};
  const floats = Object.entries(caseOutputs(opCase)).filter(([, { dtype }]) => dtype === 'f32');
  const entries = floats.map(([output, { shape }]) => [output, fill({ shape }, `${opCase.name}/d${output}`)]);
  return Object.fromEntries(entries) as RefTensors;
}

export const caseStep = ({ step }: Pick<OpCase, 'step'>): Step => ({ ...INITIAL_STEP, ...step });

/** Right outputs, and gradients as `dx`, in float64. */
export function caseResults(opCase: OpCase): Readonly<Record<string, RefTensor>> {
  const { reference, gradients, attrs } = opCase;
  const [inputs, step] = [caseInputs(opCase), caseStep(opCase)];
  const results: Record<string, RefTensor> = { ...reference.forward(inputs, attrs as never, step) };
  if (gradients.length === 0) return results;
  const found = reference.backward(inputs, attrs as never, caseGradients(opCase), step);
  for (const input of gradients)
    results[`d${input}`] = found[input] ?? { shape: [], data: new Float64Array() };
  return results;
}

/** Numbers as an engine takes them: inputs under their names, gradients of outputs as `dy`. */
export function caseArrays(opCase: OpCase): Record<string, Float32Array | Uint32Array> {
  const inputs = Object.entries(caseInputs(opCase)).map(([name, { data }]) => {
    const whole = opCase.inputs[name]?.dtype === 'u32';
    return [name, whole ? Uint32Array.from(data) : Float32Array.from(data)] as const;
  });
  const wanted = opCase.gradients.length > 0 ? caseGradients(opCase) : {};
  const arriving = Object.entries(wanted).map(([y, { data }]) => [`d${y}`, Float32Array.from(data)] as const);
  return Object.fromEntries([...inputs, ...arriving]);
}

/** How many numbers go in. */
export const caseSize = ({ inputs }: Pick<OpCase, 'inputs'>): number =>
  Object.values(inputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

const SEED = 7;

function fill(
  { shape, values = 'uniform', bound = 1, below = 1, set = {} }: CaseInput,
  stream: string,
): RefTensor {
  const count = sizeOf(shape);
  const data = Float64Array.from(uniform(count, bound, SEED, stream));
  if (values === 'coarse') data.forEach((value, index) => (data[index] = Math.round(value * 4) / 4 + 0));
  if (values === 'labels')
    data.forEach((_, index) => (data[index] = philox([index, 0, 0, 0], [SEED, 1])[0] % below));
  for (const [index, value] of Object.entries(set)) data[Number(index)] = value;
  return { shape, data };
}
