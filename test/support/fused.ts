import type { GraphNode, Value } from '../../src/core/op';
import { atOnce } from '../../src/core/slices';
import { contextOf } from '../../src/graph/context';
import { fuse } from '../../src/graph/fuse';
import { FUSION_NAMES, type FusionName } from '../../src/graph/fuse_options';
import { Graph } from '../../src/graph/graph';
import { layoutFlat, type FlatLayouts } from '../../src/graph/flat';
import { differentiate } from '../../src/graph/differentiate';
import { layers } from '../../src/models/layers';

/** A graph with one input, x (2, 4, 6, 6) or larger. */
export function start(size = 6) {
  const graph = new Graph();
  return { graph, net: layers(graph), x: graph.input('x', [2, 4, size, size]) };
}

/** Appends the gradients of y, of x too unless told otherwise, for a gradient that arrives as input `dy`. */
export function derive(graph: Graph, y: Value, targets: readonly Value[] = [graph.value('x')]): void {
  differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape, 'f32', y.plane) }], targets);
}

/** The graph's nodes after these rewrites alone. */
export function rewritten(
  graph: Graph,
  names: readonly FusionName[],
  kept: readonly Value[] = [],
  layouts: FlatLayouts = layoutFlat(graph),
): GraphNode[] {
  const options = Object.fromEntries(FUSION_NAMES.map((name) => [name, names.includes(name)]));
  return [...atOnce(fuse(graph.nodes, contextOf(graph, layouts, kept), options))];
}

/** Names of ops in order, with the optional inputs that nodes have: `max_pool_grad+add+mask`. */
export const opNames = (nodes: readonly GraphNode[]): string[] =>
  nodes.map(({ op, inputs }) => [op.name, ...['add', 'mask'].filter((name) => name in inputs)].join('+'));

/** Names of the ops that compute gradients: those after the last node that computes a value of the forward part. */
export function gradientNames(graph: Graph, nodes: readonly GraphNode[]): string[] {
  const forward = new Set(
    graph.nodes.slice(0, graph.forwardNodes).flatMap(({ outputs }) => Object.values(outputs)),
  );
  const last = nodes.findLastIndex(({ outputs }) =>
    Object.values(outputs).some((value) => forward.has(value)),
  );
  return opNames(nodes.slice(last + 1));
}
