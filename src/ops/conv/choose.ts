import type { Target } from '../../core/op';
import { problemKey, type ConvProblem } from './problem';

/** Kernels that can compute a problem on an adapter; the first is the one shipped for it. */
export function candidatesFor<P extends ConvProblem, K extends Candidate<P>>(
  kernels: readonly K[],
  problem: P,
  target: Target,
): readonly K[] {
  return kernels.filter((kernel) => kernel.supports(problem, target));
}

interface Candidate<P> {
  readonly name: string;
  supports(problem: P, target: Target): boolean;
}

/**
 * The kernel for a problem: the one that the target's choice names (a test's, a tuner's, an adapter's shipped table),
 * if it can compute the problem; else the first of the list that can.
 */
export function chooseKernel<P extends ConvProblem, K extends Candidate<P>>(
  kernels: readonly K[],
  problem: P,
  target: Target,
): K {
  const candidates = candidatesFor(kernels, problem, target);
  const names = candidates.map(({ name }) => name);
  const chosen = target.choose?.(problemKey(problem), names);
  const kernel = candidates.find(({ name }) => name === chosen) ?? candidates[0];
  if (!kernel)
    throw new Error(`no kernel for ${problemKey(problem)}: the last of each list takes any problem`);
  return kernel;
}
