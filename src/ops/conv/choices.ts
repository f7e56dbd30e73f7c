import type { Target } from '../../core/op';

/** A kernel's name for each problem, by the problem's key: what `tune` finds. */
export type KernelChoices = Readonly<Record<string, string>>;

type Choose = NonNullable<Target['choose']>;

/** `quad` of `quad 16x32`: kernels of a family share their idea and differ in tile sizes. */
export const familyOf = (kernel: string): string => kernel.split(' ')[0] ?? kernel;

/** Chooses as a table says; what it does not list, or what cannot compute a problem, is left to the engine. */
export const byTable =
  (choices: KernelChoices): Choose =>
  (problem, candidates) => {
    const chosen = Object.hasOwn(choices, problem) ? choices[problem] : undefined;
    return candidates.find((name) => name === chosen);
  };

/**
 * Chooses one kernel (`quad 16x32`) or the preferred one of a family (`quad`) wherever it can compute the problem.
 *
 *     const engine = await openEngine({ choose: byName('register') });
 */
export const byName =
  (wanted: string): Choose =>
  (_problem, candidates) =>
    candidates.find((name) => name === wanted || familyOf(name) === wanted);
