import type { Launch, GraphNode, Target, Value } from '../core/op';
import type { Sliced } from '../core/slices';
import type { GraphContext } from './context';
import type { Layout } from './layout';

/** A launch that has no memory yet. */
export interface LoweredLaunch extends Launch {
  readonly label: string;
  readonly part: 'forward' | 'backward';
  /** What the launch is part of, after fusion; the launches of a node follow each other. */
  readonly node: GraphNode;
}

/** What each node launches, in order: its op chooses kernels for the target and for where its tensors lie. */
export function* lower(
  nodes: readonly GraphNode[],
  forwardNodes: number,
  { view }: Layout,
  { kept, placeOf }: GraphContext,
  target: Target,
): Sliced<LoweredLaunch[]> {
  const read = new Set(nodes.flatMap((node) => Object.values(node.inputs)));
  const isUnread = (value: Value): boolean =>
    value.role === 'computed' && !read.has(value) && !kept.has(value) && !placeOf(value);

  const lowered: LoweredLaunch[] = [];
  for (const [index, node] of nodes.entries()) {
    const named = Object.entries({ ...node.inputs, ...node.outputs });
    const views = Object.fromEntries(
      named.map(([name, value]) => [name, { ...view(value, node), unread: isUnread(value) }]),
    );
    const { launches } = node.op.lower({ ...node, attrs: node.attrs as never }, views, target);
    const part = index < forwardNodes ? 'forward' : 'backward';
    for (const launch of launches) {
      lowered.push({ ...launch, label: `${launch.layer?.label ?? node.label}/${node.op.name}`, part, node });
    }
    yield;
  }
  return lowered;
}
