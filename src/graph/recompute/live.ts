import type { GraphNode, Value } from '../../core/op';
import type { Plan } from '../plan';
import type { Rewritten } from './again';

/** What needs how much memory in a plan. */
export interface Memory {
  /** The value in whose memory this one lies. */
  readonly root: (value: Value) => Value;
  /** Bytes of a root that comes and goes, or of a node's working memory. */
  readonly bytes: (owner: Value | GraphNode) => number;
  /** Roots that are there after the last node, inputs and constants among them, and their bytes. */
  readonly kept: ReadonlySet<Value | GraphNode>;
  readonly always: number;
}

export function memoryOf({ tenants, launches, layout: { root } }: Plan): Memory {
  const kept = tenants.filter(({ last }) => last === launches.length);
  const passing = new Map<Value | GraphNode, number>();
  for (const { owner, bytes, last } of tenants) {
    if (last < launches.length) passing.set(owner, (passing.get(owner) ?? 0) + bytes);
  }
  return {
    root,
    bytes: (owner) => passing.get(owner) ?? 0,
    kept: new Set(kept.map(({ owner }) => owner)),
    always: kept.reduce((sum, { bytes }) => sum + bytes, 0),
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
    live[index] = sum + memory.bytes(originals.get(node) ?? node);
  });
  return live;
}
