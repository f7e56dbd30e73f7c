import { LimitError, ValueError } from '../core/errors';
import type { GraphNode, Target, Value } from '../core/op';
import type { Sliced } from '../core/slices';
import { contextOf, type GraphContext } from './context';
import type { FlatLayouts } from './flat';
import { fuse, isFused, type FuseOptions } from './fuse';
import type { Graph } from './graph';
import { layout, type LayoutOptions } from './layout';
import { lower } from './lower';
import { bindHomes } from './memory/homes';
import { lifetimes } from './memory/lifetimes';
import { checkBindings, type MemoryLimits } from './memory/limits';
import { placeApart, placeTenants } from './memory/place';
import { slotBytes, type Plan } from './plan';
import { firstOther, hasSameKernels, recomputedBy, smallest } from './recompute/attempt';
import { choices } from './recompute/choose';
import { separateWeightGradients } from './recompute/separate';

/** How to save memory at the price of time. */
export interface RecomputeOptions {
  /** Bytes for inputs, activations, their gradients and working memory: what `Program.bytes` may come to. */
  readonly memory: number;
}

export interface CompileOptions {
  readonly target: Target;
  /** Values that must survive the run, besides inputs, constants and variables' gradients. Default: none. */
  readonly keep?: Iterable<Value> | undefined;
  /** Default: all. */
  readonly fuse?: FuseOptions | undefined;
  /** Bytes after each value in its slot that no kernel should touch. Default 0. */
  readonly guardBytes?: number | undefined;
  /** For tests: see `LayoutOptions`. */
  readonly margins?: LayoutOptions['margins'];
  /** What the device can bind and hold. Default: anything. */
  readonly limits?: MemoryLimits | undefined;
  /** Default: everything is stored. */
  readonly recompute?: RecomputeOptions | undefined;
}

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

/** The way from nodes to a plan: where values lie in each other, launches, how long what needs memory, where in it. */
function* planNodes(
  nodes: readonly GraphNode[],
  context: GraphContext,
  { fuse: fusions = true, guardBytes = 0, margins, target, limits }: CompileOptions,
): Sliced<Plan> {
  // Rewrites may add values to either part, but leave the parts one after the other.
  const isForward = ({ outputs }: GraphNode) =>
    Object.values(outputs).some((value) => context.ofForward.has(value));
  const forwardNodes = nodes.findLastIndex(isForward) + 1;

  const places = layout(nodes, context, { inPlace: isFused(fusions, 'branchesInPlace'), margins });
  const lowered = yield* lower(nodes, forwardNodes, places, context, target);
  const memory = lifetimes(lowered, places, context, guardBytes);
  if (limits) checkBindings(memory.tenants, limits);
  // With guards to look at, no slot serves twice.
  const { slots, homes } =
    guardBytes > 0 ? placeApart(memory) : yield* placeTenants(memory, limits?.maxBufferSize);
  const tenants = memory.tenants.map((tenant, number) => ({ ...tenant, home: homes[number]! }));
  return {
    nodes,
    forwardNodes,
    layout: places,
    slots,
    tenants,
    ...bindHomes(lowered, places, context, memory, homes),
  };
}

const unreachable = (target: number, least: number): LimitError =>
  new LimitError(
    'recompute.memory',
    'cannot be kept to, however much is computed again',
    `${target} bytes`,
    `give at least ${least}, or use a smaller batch`,
    { bytes: { needed: least, limit: target } },
  );
