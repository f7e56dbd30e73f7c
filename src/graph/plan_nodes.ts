import type { GraphNode, Target, Value } from '../core/op';
import type { Sliced } from '../core/slices';
import { contextOf, type GraphContext } from './context';
import type { FlatLayouts } from './flat';
import { isFused, type FuseOptions } from './fuse_options';
import type { Graph } from './graph';
import { layout, type LayoutOptions } from './layout';
import { lower } from './lower';
import { bindHomes } from './memory/homes';
import { lifetimes } from './memory/lifetimes';
import { checkBindings, type MemoryLimits } from './memory/limits';
import { placeApart, placeTenants } from './memory/place';
import type { Plan } from './plan';

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

/** The way from a graph to a plan: `compile`, or what does less. */
export type Compile = (graph: Graph, layouts: FlatLayouts, options: CompileOptions) => Sliced<Plan>;

/** The plan of the nodes as they are: no rewrite makes fewer of them, and nothing is computed again. */
export const planAsIs: Compile = (graph, layouts, options) =>
  planNodes(graph.nodes, contextOf(graph, layouts, options.keep), options);

/** The way from nodes to a plan: where values lie in each other, launches, how long what needs memory, where in it. */
export function* planNodes(
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
