import type { LayerShare, GraphNode, Value } from '../core/op';
import { bytesOf } from '../core/dtype';
import { sizeOf } from '../core/shape';
import type { PlannedLaunch } from './plan';

/** Multiply-adds of a node's formula; see `Op.multiplyAdds`. */
export const multiplyAddsOf = (node: GraphNode): number =>
  node.op.multiplyAdds?.({ ...node, attrs: node.attrs as never }) ?? 0;

/** What launches have to do at least, whatever the kernels. */
export interface Work {
  readonly multiplyAdds: number;
  /** Of every tensor that they read or write, once; working memory left out. */
  readonly bytes: number;
}

/** The work of some launches of a plan, which should be all those of their nodes, or of their layers. */
export function workOf(launches: readonly PlannedLaunch[]): Work {
  const nodes = new Set(launches.map(({ node }) => node));
  const bound = launches.flatMap(({ bind }) => Object.values(bind));
  const tensors = new Set(bound.filter((target): target is Value => 'shape' in target));
  for (const { bind, node } of launches) {
    // Gradients of weights may be written as parts of the whole flat buffer.
    const isFlat = Object.values(bind).some((target) => 'flat' in target);
    for (const value of isFlat ? Object.values(node.outputs) : []) tensors.add(value);
  }
  let [multiplyAdds, bytes] = [0, 0];
  for (const node of nodes) multiplyAdds += multiplyAddsOf(node);
  for (const share of new Set(launches.map(({ layer }) => layer))) multiplyAdds += share?.multiplyAdds ?? 0;
  for (const { shape, dtype } of tensors) bytes += bytesOf(sizeOf(shape), dtype);
  return { multiplyAdds, bytes };
}

/** What each launch does: an even share of what its node does, or its layer where the node stands for several. */
export function workOfEach(launches: readonly PlannedLaunch[]): Work[] {
  const groups = new Map<GraphNode | LayerShare, PlannedLaunch[]>();
  const keyOf = ({ layer, node }: PlannedLaunch) => layer ?? node;
  for (const launch of launches) {
    const group = groups.get(keyOf(launch)) ?? [];
    group.push(launch);
    groups.set(keyOf(launch), group);
  }
  const shares = new Map<GraphNode | LayerShare, Work>();
  for (const [key, group] of groups) {
    const { multiplyAdds, bytes } = workOf(group);
    shares.set(key, { multiplyAdds: multiplyAdds / group.length, bytes: bytes / group.length });
  }
  return launches.map((launch) => shares.get(keyOf(launch)) as Work);
}
