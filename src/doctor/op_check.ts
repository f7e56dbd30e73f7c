import type { Op, TensorSpec } from '../core/op';
import { atOnce } from '../core/slices';
import type { Step } from '../core/step';
import type { Engine } from '../gpu/engine';
import type { ConvProblem } from '../ops/conv/problem';
import { layoutFlat } from '../graph/flat';
import { compile } from '../graph/compile';
import { SingleOp, singleOpGraph } from '../runtime/single_op';
import type { Check, Direction, Tensors } from './check';
import { fillInput, type CheckInput } from './inputs';

/** One op on given shapes. */
export interface OpCase {
  /** `op/what is special`. */
  readonly name: string;
  readonly op: Op;
  readonly inputs: Readonly<Record<string, CheckInput>>;
  readonly attrs: unknown;
  /** What computes the outputs; left out where they are not looked at. */
  readonly outputs?: Direction;
  /** Inputs whose gradients are looked at, and what computes these. */
  readonly gradients?: readonly string[];
  readonly gradientsBy?: Direction;
  readonly step?: Partial<Step>;
  readonly tolerance: number;
}

/** An op case whose attributes fit the op, as the compiler sees them. */
export const opCase = <I extends string, O extends string, A>(
  op: Op<I, O, A>,
  given: Omit<OpCase, 'op' | 'attrs' | 'inputs'> & {
    readonly attrs: A;
    readonly inputs: Readonly<Record<I, CheckInput>>;
  },
): OpCase => ({ ...given, op });

type Numbers = Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>;

export function caseInputs({ name, inputs }: OpCase): Numbers {
  const filled = Object.entries(inputs).map(([input, spec]) => [input, fillInput(spec, `${name}/${input}`)]);
  return Object.fromEntries(filled) as Numbers;
}

/** Shapes of an op's float32 outputs, by name. */
export function floatOutputs({
  name,
  op,
  inputs,
  attrs,
}: Pick<OpCase, 'name' | 'op' | 'attrs'> & {
  readonly inputs: Readonly<Record<string, Pick<CheckInput, 'shape' | 'dtype'>>>;
}): (readonly [string, TensorSpec])[] {
  const specs = Object.entries(inputs).map(([input, { shape, dtype = 'f32' }]) => [input, { shape, dtype }]);
  const outputs: Readonly<Record<string, TensorSpec>> = op.infer(
    name,
    Object.fromEntries(specs) as Record<string, TensorSpec>,
    attrs as never,
  );
  return Object.entries(outputs).filter(([, { dtype }]) => dtype === 'f32');
}

/** Gradients that arrive at the float32 outputs, as `dy` for the output `y`; none where no gradient is wanted. */
export function caseSeeds(opCase: OpCase): Numbers {
  if ((opCase.gradients ?? []).length === 0) return {};
  const seeds = floatOutputs(opCase).map(([output, { shape }]) => [
    `d${output}`,
    fillInput({ shape }, `${opCase.name}/d${output}`),
  ]);
  return Object.fromEntries(seeds) as Numbers;
}

/** Forces a kernel in one form; all others are the engine's choice. */
export interface Forced {
  readonly form: ConvProblem['form'];
  readonly kernel: string;
}

/** The case as a check: by the kernel that the engine chooses, or by a forced one. */
export function checkOf(opCase: OpCase, forced?: Forced): Check {
  const { name, gradients = [], outputs, gradientsBy, tolerance } = opCase;
  const gradientNames = new Set(gradients.map((input) => `d${input}`));
  return {
    name,
    tolerance,
    ...(forced && { kernel: forced.kernel }),
    directions: [outputs, gradientsBy].filter((each) => each !== undefined),
    directionOf: (tensor) => (gradientNames.has(tensor) ? gradientsBy : outputs),
    run: (engine) => runTwice(forced ? withForced(engine, forced) : engine, opCase),
  };
}

function withForced(engine: Engine, { form, kernel }: Forced): Engine {
  const choose = (problem: string): string | undefined =>
    problem.startsWith(`${form} `) ? kernel : undefined;
  return { ...engine, target: { ...engine.target, choose } };
}

async function runTwice(engine: Engine, opCase: OpCase): Promise<readonly [Tensors, Tensors]> {
  const { op, attrs, inputs, gradients = [], step } = opCase;
  const single = await SingleOp.create(engine, op, attrs as never, { inputs, gradients });
  try {
    await single.write({ ...caseInputs(opCase), ...caseSeeds(opCase) });
    return [await single.run(step), await single.run(step)];
  } finally {
    single.destroy();
  }
}

/** Names of the kernels that can compute a case's problem of a form, the engine's choice first; empty if it has none. */
export function kernelsFor(
  { op, attrs, inputs, gradients = [] }: OpCase,
  form: ConvProblem['form'],
  { target }: Engine,
): readonly string[] {
  const { graph } = singleOpGraph(op, attrs as never, { inputs, gradients });
  let found: readonly string[] = [];
  const choose = (problem: string, candidates: readonly string[]): undefined => {
    if (problem.startsWith(`${form} `)) found = candidates;
  };
  const layouts = layoutFlat(graph);
  const keep = graph.nodes.flatMap(({ outputs }) => Object.values(outputs));
  atOnce(compile(graph, layouts, { keep, target: { ...target, choose } }));
  return found;
}
