import { LimitError, ValueError } from '../core/errors';
import type { GraphNode, Value } from '../core/op';
import type { Sliced } from '../core/slices';
import { contextOf } from './context';
import type { FlatLayouts } from './flat';
import { fuse } from './fuse';
import type { Graph } from './graph';
import { slotBytes, type Plan } from './plan';
import { planNodes, type CompileOptions } from './plan_nodes';
import { firstOther, hasSameKernels, recomputedBy, smallest } from './recompute/attempt';
import { choices } from './recompute/choose';
import { separateWeightGradients } from './recompute/separate';

/**
 * The way from a graph to a plan: launches, with a home for every value and scratch. Pure: no GPU is involved.
 *
 * With `recompute`, what does not fit is dropped after the forward part, and the backward part computes it again, with the
 * same kernels and hence to the same bits. `plan.recomputed` tells what that is; it is undefined where everything fits,
 * if need be with a launch more for each layer that sums up its weights' gradients.
 *
 * @throws {LimitError} if a value is larger than `limits` allow; with the least that recomputation can come to, if that
 * is more than it may
 * @throws {ValueError} if `recompute.memory` is no number of bytes
 */
export function* compile(graph: Graph, layouts: FlatLayouts, options: CompileOptions): Sliced<Plan> {
  const { keep, recompute = { memory: Infinity } } = options;
  const { memory: most } = recompute;
  if (!(most >= 0)) throw new ValueError('recompute.memory', 'must be a number of bytes', `${most}`);
  const context = contextOf(graph, layouts, keep);
  const planOf = (nodes: readonly GraphNode[]) => planNodes(nodes, context, options);

  const fused = yield* fuse(graph.nodes, context, options.fuse ?? true);
  const grouped = yield* planOf(fused);
  if (slotBytes(grouped) <= most) return grouped;

  // A node for the weight gradients of many layers holds all that they read.
  const whole = yield* planOf(separateWeightGradients(fused, grouped.forwardNodes));
  if (slotBytes(whole) <= most) return whole;

  // Values that stay stored: if one were dropped, another kernel would compute it again, and to other bits.
  const stored = new Set<Value>();
  for (;;) {
    const { best, tried } = yield* smallest(choices(whole, stored), planOf, most);
    if (best && !hasSameKernels(whole, best)) {
      stored.add((yield* firstOther(whole, tried, planOf, best)).dropped);
      continue;
    }
    if (best && slotBytes(best.plan) <= most) return { ...best.plan, recomputed: recomputedBy(best.choice) };
    const plans = [grouped, whole, ...(best ? [best.plan] : [])];
    throw unreachable(most, Math.min(...plans.map(slotBytes)));
  }
}

const unreachable = (target: number, least: number): LimitError =>
  new LimitError(
    'recompute.memory',
    'cannot be kept to, however much is computed again',
    `${target} bytes`,
    `give at least ${least}, or use a smaller batch`,
    { bytes: { needed: least, limit: target } },
  );
