import type { JobContext } from '../job';
import { CaseProgram, type Lying } from '../case_program';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { differingWords } from '../run_once';
import type { Engine } from '../../../src/gpu/engine';
import { caseNamed } from '../../../src/ops/cases/support/all';
import { caseResults, type OpCase } from '../../../src/ops/cases/support/op_case';
import type { ConvProblem } from '../../../src/ops/conv/problem';

export interface OpReport {
  /** Outputs and gradients (`y`, `dx`, ...) against the float64 reference. */
  readonly tensors: Readonly<Record<string, Distance>>;
  /** True if a second run gave the same bits. */
  readonly repeats: boolean;
  /** Words beside tensors that a kernel changed: before, behind, and between their rows. */
  readonly touchedGuards: number;
  /** Problems that the forced kernel solved. */
  readonly forced: number;
}

/** A kernel of convolutions to take wherever it can be; see src/ops/conv/launch.ts. */
export interface Force {
  readonly form: ConvProblem['form'];
  readonly kernel: string;
}

/** Runs one case, by name, and measures; the test decides. */
export async function checkOp(
  context: JobContext,
  { name, force, lying = 'alone' }: { name: string; force?: Force; lying?: Lying },
): Promise<OpReport> {
  const engine = await sharedEngine(context);
  let forced = 0;
  const choose = (problem: string, candidates: readonly string[]): string | undefined => {
    if (!force || !problem.startsWith(`${force.form} `) || !candidates.includes(force.kernel))
      return undefined;
    forced += 1;
    return force.kernel;
  };
  const report = await runCase({ ...engine, target: { ...engine.target, choose } }, caseNamed(name), lying);
  return { ...report, forced };
}

/** Of the last case alone: its tests follow each other. */
let last: { readonly of: OpCase; readonly right: ReturnType<typeof caseResults> } | undefined;

/** Runs a case on any device: forward and gradients, twice, in poisoned memory. */
export async function runCase(
  engine: Engine,
  opCase: OpCase,
  lying: Lying = 'alone',
): Promise<Omit<OpReport, 'forced'>> {
  const program = await CaseProgram.create(engine, opCase, lying);
  try {
    const first = await program.run();
    const touchedGuards = await program.countTouched();
    const second = await program.run();
    const repeats = Object.entries(first).every(
      ([tensor, data]) => differingWords(data, second[tensor]) === 0,
    );
    if (last?.of !== opCase) last = { of: opCase, right: caseResults(opCase) };
    const tensors = Object.entries(last.right).map(
      ([tensor, { data }]) => [tensor, distance(first[tensor] ?? [], data)] as const,
    );
    return { tensors: Object.fromEntries(tensors), repeats, touchedGuards };
  } finally {
    program.destroy();
  }
}
