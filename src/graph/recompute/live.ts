import type { Node, Value } from '../../core/op';
import { bytesOf } from '../../core/dtype';
import { rowsOf } from '../../core/rows';
import type { Graph } from '../graph';
import type { Plan } from '../plan';
import type { Rewritten } from './again';

/** What needs how much memory in a plan. */
export interface Memory {
  /** The value in whose memory this one lies. */
  readonly root: (value: Value) => Value;
  /** Bytes of a root; 0 in flat buffers. */
  readonly bytes: (root: Value) => number;
  /** Bytes of a node's working memory. */
  readonly scratch: (node: Node) => number;
  /** Bytes that are there all the time. */
  readonly always: number;
}

/** @param kept values that live from the first node to the last: inputs, constants, and what is read after a run */
export function memoryOf(graph: Graph, { launches, layout }: Plan, kept: ReadonlySet<Value>): Memory {
  const { root, view } = layout;
  const scratch = new Map<Node, number>();
  const named = new Map<string, number>();
  const flat = new Set<Value>();
  for (const [value, gradient] of graph.gradients) if (value.role === 'variable') flat.add(gradient);
  const keptRoots = new Set([...kept].map(root));
  const nodes = new Map<Node, number>();
  for (const { node, bind } of launches) {
    const number = nodes.get(node) ?? nodes.size;
    nodes.set(node, number);
    for (const target of Object.values(bind)) {
      const key = 'scratch' in target && `${number} ${target.scratch}`;
      if (!key || named.has(key)) continue;
      named.set(key, target.elements);
      scratch.set(node, (scratch.get(node) ?? 0) + bytesOf(target.elements));
    }
  }
  const sized = new Map<Value, number>();
  const size = (value: Value): number => {
    const known = sized.get(value);
    if (known !== undefined) return known;
    const isFlat = value.role === 'variable' || flat.has(value);
    const found = isFlat ? 0 : bytesOf(rowsOf(value) * view(value).stride, value.dtype);
    sized.set(value, found);
    return found;
  };
  return {
    root,
    bytes: (value) => (keptRoots.has(value) || value.role !== 'computed' ? 0 : size(value)),
    scratch: (node) => scratch.get(node) ?? 0,
    always: [...keptRoots].reduce((sum, value) => sum + size(value), 0),
  };
}

/**
 * Bytes that each node of a rewritten list needs: its own, and what later ones still read. Copies are taken to lie in
 * memory as what they equal, if that is copied with them.
 */
export function liveBytes({ nodes, originals, equals }: Rewritten, memory: Memory): Float64Array {
  const copies = new Map([...equals].map(([copy, value]) => [value, copy]));
  const rootOf = (value: Value): Value => {
    const original = equals.get(value);
    return original ? (copies.get(memory.root(original)) ?? value) : memory.root(value);
  };
  const spans = new Map<Value, { first: number; last: number }>();
  nodes.forEach(({ inputs, outputs }, index) => {
    for (const values of [inputs, outputs]) {
      for (const name in values) {
        const root = rootOf(values[name] as Value);
        const span = spans.get(root);
        if (span) span.last = index;
        else spans.set(root, { first: index, last: index });
      }
    }
  });
  const live = new Float64Array(nodes.length);
  // Changes first, then their running sum.
  for (const [root, { first, last }] of spans) {
    const bytes = memory.bytes(equals.get(root) ?? root);
    live[first] = (live[first] ?? 0) + bytes;
    if (last + 1 < live.length) live[last + 1] = (live[last + 1] ?? 0) - bytes;
  }
  let sum = memory.always;
  nodes.forEach((node, index) => {
    sum += live[index] ?? 0;
    live[index] = sum + memory.scratch(originals.get(node) ?? node);
  });
  return live;
}
