import { requireObject, requireRecord, requireText } from './check';
import type { Target } from './op';
import { computesOnCpu } from './targets';

/** A kernel's name for each problem, by the problem's key: what `tune` finds. */
export type KernelChoices = Readonly<Record<string, string>>;

/** See `Target.choose`. */
export type Choose = NonNullable<Target['choose']>;

/** `quad` of `quad 16x32`: kernels of a family share their idea and differ in tile sizes. */
export const familyOf = (kernel: string): string => kernel.split(' ')[0] ?? kernel;

/**
 * How a target's kernels are chosen, in words. Each kernel's `preference` is the rule itself: see src/ops/conv, and
 * `tilePreference` for GPUs.
 * @throws {ValueError} unless it is given a target
 */
export function choiceRule(target: Target): string {
  requireObject('choiceRule', 'the target', target, ['parallelWorkgroups']);
  if (target.choose) return 'as the tuner or the caller chose';
  if (computesOnCpu(target)) return 'shipped choices for software adapters, measured on SwiftShader';
  return (
    'shipped choices for GPUs, unmeasured: the tile in workgroup memory with least overhang, fewest instructions ' +
    'beside multiply-adds and most cores at work; register tiles where none fits; Winograd only where tuned'
  );
}

/**
 * Chooses as a table says; what it does not list, or what cannot compute a problem, is left to the engine.
 * @param choices the name of a kernel for each problem, such as `tune` gives
 * @throws {ValueError} unless it is a record of names
 */
export function byTable(choices: KernelChoices): Choose {
  requireRecord('byTable', 'the choices', choices);
  for (const [problem, kernel] of Object.entries(choices)) requireText('byTable', problem, kernel);
  return (problem, candidates) => {
    const chosen = Object.hasOwn(choices, problem) ? choices[problem] : undefined;
    return candidates.find((name) => name === chosen);
  };
}
