import type { Engine } from '../../src/gpu/engine';
import type { PlannedLaunch } from '../../src/graph/plan';
import { caseArrays, caseStep, type OpCase } from '../../src/ops/cases/support/op_case';
import { compile } from '../../src/graph/compile';
import { SingleOp } from '../../src/runtime/single_op';

type Numbers = Float32Array | Uint32Array;

/** Outputs and gradients of a case as an engine computes them, and its launches. */
export async function runOnce(
  engine: Engine,
  given: OpCase,
): Promise<{ results: Record<string, Numbers>; launches: readonly PlannedLaunch[] }> {
  const { op, attrs, inputs, gradients } = given;
  const single = await SingleOp.create(engine, op, attrs as never, { inputs, gradients, compile });
  try {
    await single.write(caseArrays(given));
    const results = await single.run(caseStep(given));
    return { results, launches: single.program.plan.launches };
  } finally {
    single.destroy();
  }
}

/** How many words differ in their bits; NaN where there is nothing to compare with. */
export function differingWords(a: Numbers, b: Numbers | undefined): number {
  if (!b || a.length !== b.length) return NaN;
  const [x, y] = [new Uint32Array(a.buffer), new Uint32Array(b.buffer)];
  return x.filter((word, index) => word !== y[index]).length;
}
