import { atOnce } from '../core/slices';
import type { Engine } from '../gpu/engine';
import { layoutFlat } from '../graph/flat';
import { compile } from '../graph/compile';
import { caseArrays, caseResults, caseStep, type OpCase, type Tolerance } from '../ops/cases/support/op_case';
import type { ConvProblem } from '../ops/conv/problem';
import { SingleOp, singleOpGraph } from '../runtime/single_op';
import type { Check, Tensors } from './check';

/**
 * Looser than the tests' bounds, which adapters that are known keep to: numbers that are moved, chosen or rounded once or
 * twice; and sums, exponentials and logarithms, which WGSL lets err by some units of the last place. A kernel that is
 * wrong is so by far more.
 */
const toleranceOf = ({ relative }: Tolerance): number => (relative <= 2e-7 ? 1e-6 : 1e-5);

const known = new WeakMap<OpCase, Tensors>();

/** Once for all kernels that are tried on a case. */
function rightNumbers(opCase: OpCase): Tensors {
  const found = known.get(opCase);
  if (found) return found;
  const results = Object.entries(caseResults(opCase)).map(([tensor, { data }]) => [tensor, data] as const);
  const right = Object.fromEntries(results);
  known.set(opCase, right);
  return right;
}

/** Forces a kernel in one form; all others are the engine's choice. */
export interface Forced {
  readonly form: ConvProblem['form'];
  readonly kernel: string;
}

/** The case as a check: by the kernel that the engine chooses, or by a forced one. */
export function checkOf(opCase: OpCase, forced?: Forced): Check {
  const { name, gradients, doctor = {}, tolerance } = opCase;
  const gradientNames = new Set(gradients.map((input) => `d${input}`));
  return {
    name,
    tolerance: toleranceOf(tolerance),
    ...(forced && { kernel: forced.kernel }),
    directions: [doctor.outputs, doctor.gradients].filter((each) => each !== undefined),
    directionOf: (tensor) => (gradientNames.has(tensor) ? doctor.gradients : doctor.outputs),
    right: () => rightNumbers(opCase),
    run: (engine) => runTwice(forced ? withForced(engine, forced) : engine, opCase),
  };
}

function withForced(engine: Engine, { form, kernel }: Forced): Engine {
  const choose = (problem: string): string | undefined =>
    problem.startsWith(`${form} `) ? kernel : undefined;
  return { ...engine, target: { ...engine.target, choose } };
}

async function runTwice(engine: Engine, opCase: OpCase): Promise<readonly [Tensors, Tensors]> {
  const { op, attrs, inputs, gradients } = opCase;
  const single = await SingleOp.create(engine, op, attrs as never, { inputs, gradients, compile });
  try {
    await single.write(caseArrays(opCase));
    return [await single.run(caseStep(opCase)), await single.run(caseStep(opCase))];
  } finally {
    single.destroy();
  }
}

/** Names of the kernels that can compute a case's problem of a form, the engine's choice first; empty if it has none. */
export function kernelsFor(
  { op, attrs, inputs, gradients }: OpCase,
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
