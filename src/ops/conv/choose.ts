import { EngineError } from '../../core/errors';
import type { KernelChoice, Launch, Target } from '../../core/op';
import { problemKey, type ConvProblem } from './problem';

/** What `Target.exclude` calls a kernel: those of two forms may share a name. */
export const kernelKey = (form: ConvProblem['form'], kernel: string): string => `${form} ${kernel}`;

/**
 * Kernels that can compute a problem on an adapter, the preferred first: that is the one shipped for it. What the
 * target excludes is left out.
 *
 * @param times how many such problems there are at once
 */
export function candidatesFor<P extends ConvProblem, K extends Candidate<P>>(
  kernels: readonly K[],
  problem: P,
  target: Target,
  times = 1,
): readonly K[] {
  const preference = (kernel: K): number => kernel.preference?.(problem, target, times) ?? 0;
  // Sorting is stable: those that are equally preferred stay in the order of the list.
  return kernels
    .filter((kernel) => !target.exclude?.has(kernelKey(problem.form, kernel.name)))
    .filter((kernel) => kernel.supports(problem, target))
    .map((kernel) => ({ kernel, preferred: preference(kernel) }))
    .sort((a, b) => b.preferred - a.preferred)
    .map(({ kernel }) => kernel);
}

interface Candidate<P> {
  readonly name: string;
  supports(problem: P, target: Target): boolean;
  preference?(problem: P, target: Target, times?: number): number;
}

interface Launching<P, A extends readonly unknown[]> extends Candidate<P> {
  launches(...given: A): readonly Launch[];
}

/**
 * The kernel for a problem, whose launches tell of the choice: the one that the target's choice names (a test's, or a
 * table's), if it can compute the problem; else the preferred one.
 * @throws {EngineError} if all that could are excluded: the last of each list takes any problem
 */
export function chooseKernel<P extends ConvProblem, A extends readonly unknown[], K extends Launching<P, A>>(
  kernels: readonly K[],
  problem: P,
  target: Target,
): K {
  const candidates = candidatesFor(kernels, problem, target);
  const key = problemKey(problem);
  const names = candidates.map(({ name }) => name);
  const chosen = target.choose?.(key, names);
  const kernel = candidates.find(({ name }) => name === chosen) ?? candidates[0];
  if (!kernel) throw noKernel(key, target);
  const choice: KernelChoice = { problem: key, kernel: kernel.name, candidates: names };
  return {
    ...kernel,
    launches: (...given: A) => kernel.launches(...given).map((launch) => ({ ...launch, choice })),
  };
}

const noKernel = (problem: string, { exclude = new Set() }: Target): EngineError =>
  new EngineError(
    problem,
    'no kernel is left that can compute this',
    `all of these are excluded: ${[...exclude].join(', ')}`,
    'exclude fewer, or use another adapter',
  );
