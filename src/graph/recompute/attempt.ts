import type { GraphNode } from '../../core/op';
import type { Sliced } from '../../core/slices';
import { slotBytes, type Plan } from '../plan';
import { multiplyAddsOf } from '../work';
import type { Recomputed } from './again';
import type { Choice } from './choose';

/** A choice of what to compute again, and what comes of it. */
export interface Attempt {
  readonly choice: Choice;
  readonly plan: Plan;
}

type PlanOf = (nodes: readonly GraphNode[]) => Sliced<Plan>;

/** The first choice whose plan takes no more than `most` bytes, else the one that takes least; and all up to it. */
export function* smallest(
  choices: Iterable<Choice>,
  planOf: PlanOf,
  most: number,
): Sliced<{ readonly best: Attempt | undefined; readonly tried: readonly Choice[] }> {
  const tried: Choice[] = [];
  let best: Attempt | undefined;
  // Of the last plan tried: others will take about so much more than their peak, too.
  let excess = 0;
  const fits = function* (choice: Choice): Sliced<boolean> {
    const plan = yield* planOf(choice.nodes);
    excess = slotBytes(plan) - choice.peak;
    if (!best || slotBytes(plan) < slotBytes(best.plan)) best = { choice, plan };
    return slotBytes(best.plan) <= most;
  };
  const unlikely: Choice[] = [];
  for (const choice of choices) {
    tried.push(choice);
    if (choice.peak + excess > most) unlikely.push(choice);
    else if (yield* fits(choice)) return { best, tried };
    yield;
  }
  for (const choice of unlikely) if (yield* fits(choice)) break;
  return { best, tried };
}

/** The first choice of those tried that brings another kernel, as `last` does. */
export function* firstOther(
  whole: Plan,
  tried: readonly Choice[],
  planOf: PlanOf,
  last: Attempt,
): Sliced<Choice> {
  for (const choice of tried) {
    const plan = yield* planOf(choice.nodes);
    if (!hasSameKernels(whole, { choice, plan })) return choice;
  }
  return last.choice;
}

export const recomputedBy = ({ again: nodes }: Choice): Recomputed => ({
  nodes,
  multiplyAdds: nodes.reduce((sum, node) => sum + multiplyAddsOf(node), 0),
});

/**
 * True if each node is launched as the one that it stands for was when everything was stored: a copy may lie elsewhere
 * in memory than the original, where vectors can be read and there could not, or the other way round. Entry points may
 * differ, since max pooling has one for where nobody reads the places of maxima, which finds the same maxima.
 */
export function hasSameKernels(whole: Plan, { choice, plan }: Attempt): boolean {
  const [before, after] = [kernelsByNode(whole), kernelsByNode(plan)];
  return choice.nodes.every((node) => after.get(node) === before.get(choice.originals.get(node) ?? node));
}

function kernelsByNode({ launches }: Plan): Map<unknown, string> {
  const kernels = new Map<unknown, string>();
  for (const { node, shader, constants, variant, workgroups } of launches) {
    const kernel = JSON.stringify([shader.file, constants, variant, workgroups]);
    kernels.set(node, `${kernels.get(node) ?? ''}${kernel}\n`);
  }
  return kernels;
}
