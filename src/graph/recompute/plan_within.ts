import { LimitError, ValueError } from '../../core/errors';
import { atOnce, type Sliced } from '../../core/slices';
import type { Graph } from '../graph';
import type { FlatLayouts } from '../flat';
import { planInSlices, type Plan, type PlanOptions } from '../plan';
import { multiplyAddsOf } from '../work';
import type { Rewritten } from './again';
import { choices, type Choice } from './choose';
import { memoryOf } from './live';
import { separateWeightGradients } from './separate';

/** How to save memory at the price of time. */
export interface RecomputeOptions {
  /** Bytes for inputs, activations, their gradients and working memory: what `Program.bytes` may come to. */
  readonly memory: number;
}

interface Tried {
  readonly choice: Choice;
  readonly planned: Plan;
  readonly bytes: number;
}

/**
 * A plan that takes at most so much memory: what does not fit is dropped after the forward part, and the backward part
 * computes it again, with the same kernels and hence to the same bits. `plan.recomputed` tells what that is; it is
 * undefined where everything fits, if need be with a launch more for each layer that sums up its weights' gradients.
 *
 * @throws {LimitError} with the least that can be had, if that is more than `memory`
 * @throws {ValueError} if `memory` is no number of bytes
 */
export const planWithin = (
  graph: Graph,
  layouts: FlatLayouts,
  options: PlanOptions,
  recompute: RecomputeOptions,
): Plan => atOnce(planWithinInSlices(graph, layouts, options, recompute));

/** See `planWithin`. */
export function* planWithinInSlices(
  graph: Graph,
  layouts: FlatLayouts,
  options: PlanOptions,
  { memory: target }: RecomputeOptions,
): Sliced<Plan> {
  if (!(target >= 0)) throw new ValueError('recompute.memory', 'must be a number of bytes', `${target}`);
  const grouped = yield* planInSlices(graph, layouts, options);
  if (bytesOf(grouped) <= target) return grouped;
  const separate = separateWeightGradients(grouped.nodes, grouped.forwardNodes);
  const whole = yield* planInSlices(graph, layouts, options, separate);
  if (bytesOf(whole) <= target) return whole;
  const attempt = function* (choice: Choice): Sliced<Tried> {
    const planned = yield* planInSlices(graph, layouts, options, choice.nodes);
    return { choice, planned, bytes: bytesOf(planned) };
  };
  const assigned = layouts.state ? graph.assignments.values() : [];
  const kept = new Set([...options.keep, ...assigned, ...graph.inputs.values(), ...graph.constants.keys()]);
  const memory = memoryOf(graph, whole, kept);
  const stored = new Set([...kept].map(memory.root));
  for (;;) {
    const path: Choice[] = [];
    const found = yield* smallest(choices(whole, memory, stored), path, attempt, target);
    const isSame = !found || hasSameKernels(whole, found.choice, found.planned);
    if (isSame && found && found.bytes <= target) {
      const { again: nodes } = found.choice;
      const multiplyAdds = nodes.reduce((sum, node) => sum + multiplyAddsOf(node), 0);
      return { ...found.planned, recomputed: { nodes, multiplyAdds } };
    }
    if (isSame)
      throw unreachable(target, Math.min(bytesOf(grouped), bytesOf(whole), found?.bytes ?? Infinity));
    // The first that brought another kernel stays in memory.
    let culprit = found.choice;
    for (const choice of path) {
      const { planned } = yield* attempt(choice);
      if (hasSameKernels(whole, choice, planned)) continue;
      culprit = choice;
      break;
    }
    stored.add(culprit.dropped);
  }
}

const bytesOf = ({ slots }: Plan): number => slots.reduce((sum, bytes) => sum + bytes, 0);

/** The first choice whose plan takes no more than `target`, else the one that takes least. */
function* smallest(
  found: Iterable<Choice>,
  path: Choice[],
  attempt: (choice: Choice) => Sliced<Tried>,
  target: number,
): Sliced<Tried | undefined> {
  let best: Tried | undefined;
  // Of the last plan tried: others will take about so much more than their peak, too.
  let excess = 0;
  const consider = function* (choice: Choice): Sliced<boolean> {
    const tried = yield* attempt(choice);
    excess = tried.bytes - choice.peak;
    if (!best || tried.bytes < best.bytes) best = tried;
    return best.bytes <= target;
  };
  const unlikely: Choice[] = [];
  for (const choice of found) {
    path.push(choice);
    if (choice.peak + excess > target) unlikely.push(choice);
    else if (yield* consider(choice)) return best;
    yield;
  }
  for (const choice of unlikely) if (yield* consider(choice)) break;
  return best;
}

const unreachable = (target: number, least: number): LimitError =>
  new LimitError(
    'recompute.memory',
    'cannot be kept to, however much is computed again',
    `${target} bytes`,
    `give at least ${least}, or use a smaller batch`,
    { bytes: { needed: least, limit: target } },
  );

/**
 * True if each node is launched as the one that it stands for was when everything was stored: a copy may lie elsewhere
 * in memory than the original, where vectors can be read and there could not, or the other way round. Entry points may
 * differ, since max pooling has one for where nobody reads the places of maxima, which finds the same maxima.
 */
function hasSameKernels(whole: Plan, { nodes, originals }: Rewritten, planned: Plan): boolean {
  const [before, after] = [kernelsByNode(whole), kernelsByNode(planned)];
  return nodes.every((node) => after.get(node) === before.get(originals.get(node) ?? node));
}

function kernelsByNode({ launches }: Plan): Map<unknown, string> {
  const kernels = new Map<unknown, string>();
  for (const { node, shader, constants, variant, workgroups } of launches) {
    const kernel = JSON.stringify([shader.file, constants, variant, workgroups]);
    kernels.set(node, `${kernels.get(node) ?? ''}${kernel}\n`);
  }
  return kernels;
}
