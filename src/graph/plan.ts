import type { Launch, Node, Scratch, Storage, Target, Value, View } from '../core/op';
import { rowsOf } from '../core/rows';
import { roundUp } from '../core/shape';
import type { Graph } from './graph';
import { fuse, fusionContext, isFused, type FuseOptions } from './fuse';
import { layout, type Layout } from './layout';
import type { ParameterLayout } from './parameter_layout';
import type { Recomputed } from './recompute/again';

/** A range of a buffer, in bytes. */
export interface Home {
  /** A slot of this plan by number, its tables, or a flat buffer that outlives it. */
  readonly buffer: number | 'tables' | Storage['storage'];
  readonly offset: number;
  readonly size: number;
}

export interface PlacedLaunch extends Launch {
  readonly label: string;
  readonly part: 'forward' | 'backward';
  readonly homes: Readonly<Record<string, Home>>;
}

export interface PlannedLaunch extends PlacedLaunch {
  /** What the launch is part of, after fusion; the launches of a node follow each other. */
  readonly node: Node;
}

/** Everything a program needs, as data: launches in order, and where each value lives. */
export interface Plan {
  /** What is lowered: the graph's nodes after the rewrites. */
  readonly nodes: readonly Node[];
  /** How many of them, from the first on, are the forward part. */
  readonly forwardNodes: number;
  /** What the backward part computes a second time; see `planWithin`. */
  readonly recomputed?: Recomputed;
  /** What shares memory. */
  readonly layout: Layout;
  readonly launches: readonly PlannedLaunch[];
  /** Bytes of each slot buffer. */
  readonly slots: readonly number[];
  /** What the buffer of tables holds. */
  readonly tables: Uint32Array<ArrayBuffer>;
  /** Where a value can be read after a run; undefined if its memory was used again. */
  home(value: Value): { readonly home: Home; readonly view: View } | undefined;
}

export interface PlanOptions {
  /** Values that must survive the run, besides inputs, constants and parameters' gradients. */
  readonly keep: ReadonlySet<Value>;
  readonly fuse: FuseOptions;
  /** Bytes after each value in its slot that no kernel should touch. */
  readonly guardBytes: number;
  readonly target: Target;
}

/**
 * Turns a graph into launches, and gives every value and scratch a home. Pure: no GPU is involved.
 * @param rewritten what to lower in place of the graph's fused nodes, of which it must compute all that matters
 */
export function plan(
  graph: Graph,
  parameters: ParameterLayout,
  options: PlanOptions,
  rewritten?: readonly Node[],
): Plan {
  const forward = graph.forwardNodes ?? graph.nodes.length;
  const kept = new Set([...options.keep, ...graph.inputs.values(), ...graph.constants.keys()]);
  const nodes = rewritten ?? fuse(graph.nodes, fusionContext(graph, parameters, kept), options.fuse);
  const ofForward = new Set(graph.nodes.slice(0, forward).flatMap((node) => Object.values(node.outputs)));
  // Rewrites may add values to either part, but leave the parts one after the other.
  const lastForward = nodes.findLastIndex(({ outputs }) =>
    Object.values(outputs).some((value) => ofForward.has(value)),
  );
  const places = layout(nodes, parameters, { inPlace: isFused(options.fuse, 'branchesInPlace') });
  // With guards to look at, no slot serves twice.
  const slots = new Slots(options.guardBytes === 0);
  const tables = new Tables();
  const homes = new Map<Value, Home>();

  for (const { spec, value } of graph.parameters.values()) {
    const gradient = graph.gradients.get(value);
    const matrix = parameters.placements.get(spec.name)?.matrix;
    if (!matrix) continue;
    const range = { offset: matrix.offset * 4, size: matrix.elements * 4 };
    homes.set(value, { buffer: 'parameters', ...range });
    if (gradient) homes.set(gradient, { buffer: 'gradients', ...range });
  }
  const gradientOf = new Map([...graph.gradients].map(([value, gradient]) => [gradient, value]));
  const view = (value: Value, node?: Node): View => {
    // A parameter's gradient mirrors the parameter.
    const parameter = gradientOf.get(value);
    return places.view(parameter?.role === 'parameter' ? parameter : value, node);
  };

  const read = new Set(nodes.flatMap((node) => Object.values(node.inputs)));
  const isUnread = (value: Value): boolean =>
    value.role === 'computed' && !read.has(value) && !kept.has(value) && !homes.has(value);

  const lastUse = lastUses(nodes, places, kept);
  const place = (value: Value): Home => {
    const root = places.root(value);
    const known = homes.get(root);
    if (known) return known;
    const size = rowsOf(root) * places.view(root).stride * 4 + options.guardBytes;
    const home = { buffer: slots.take(size), offset: 0, size };
    homes.set(root, home);
    return home;
  };
  for (const value of kept) if (value.role !== 'computed') place(value);

  const launches: PlannedLaunch[] = [];
  nodes.forEach((node, index) => {
    const named = Object.entries({ ...node.inputs, ...node.outputs });
    const views = Object.fromEntries(
      named.map(([name, value]) => [name, { ...view(value, node), unread: isUnread(value) }]),
    );
    const { launches: lowered } = node.op.lower(
      { ...node, attrs: node.attrs as never },
      views,
      options.target,
    );
    for (const value of Object.values(node.outputs)) if (!isUnread(value)) place(value);
    const scratch = new Map<string, Home>();
    const scratchHome = ({ scratch: name, elements }: Scratch): Home => {
      const size = elements * 4 + options.guardBytes;
      const home = scratch.get(name) ?? { buffer: slots.take(size), offset: 0, size };
      scratch.set(name, home);
      return home;
    };
    const part = index <= lastForward ? 'forward' : 'backward';
    for (const launch of lowered) {
      const bound = Object.entries(launch.bind).map(([name, target]): [string, Home] => {
        if ('scratch' in target) return [name, scratchHome(target)];
        if ('table' in target) return [name, tables.add(target.words)];
        if ('storage' in target) return [name, { buffer: target.storage, offset: 0, size: 0 }];
        return [name, place(target)];
      });
      launches.push({
        ...launch,
        label: `${launch.layer?.label ?? node.label}/${node.op.name}`,
        part,
        node,
        homes: Object.fromEntries(bound),
      });
    }
    for (const home of scratch.values()) slots.release(home.buffer);
    for (const root of lastUse.get(index) ?? []) {
      const home = homes.get(root);
      if (home) slots.release(home.buffer);
    }
  });

  const reused = new Set([...lastUse.values()].flat());
  return {
    nodes,
    forwardNodes: lastForward + 1,
    layout: places,
    launches,
    slots: slots.sizes,
    tables: tables.words(),
    home(value) {
      const root = places.root(value);
      const home = homes.get(root);
      return home && (typeof home.buffer === 'string' || !reused.has(root))
        ? { home, view: view(value) }
        : undefined;
    },
  };
}

/** For each node, the roots whose memory is free after it. */
function lastUses(nodes: readonly Node[], { root }: Layout, kept: ReadonlySet<Value>): Map<number, Value[]> {
  const last = new Map<Value, number>();
  nodes.forEach((node, index) => {
    for (const value of [...Object.values(node.inputs), ...Object.values(node.outputs)]) {
      last.set(root(value), index);
    }
  });
  const keptRoots = new Set([...kept].map(root));
  const byNode = new Map<number, Value[]>();
  for (const [value, index] of last) {
    if (value.role !== 'computed' || keptRoots.has(value)) continue;
    byNode.set(index, [...(byNode.get(index) ?? []), value]);
  }
  return byNode;
}

/** Tables one after the other in one buffer. */
class Tables {
  readonly #tables: { readonly words: Uint32Array; readonly offset: number }[] = [];
  #end = 0;

  add(words: Uint32Array): Home {
    const offset = this.#end;
    this.#tables.push({ words, offset });
    this.#end = roundUp(offset + words.byteLength, 256);
    return { buffer: 'tables', offset, size: words.byteLength };
  }

  words(): Uint32Array<ArrayBuffer> {
    const all = new Uint32Array(this.#end / 4);
    for (const { words, offset } of this.#tables) all.set(words, offset / 4);
    return all;
  }
}

/**
 * Whole buffers handed out and taken back. A slot is free again only after the dispatch that reads its value
 * last, so no dispatch reads and writes one buffer.
 */
class Slots {
  readonly sizes: number[] = [];
  readonly #free = new Set<number>();
  readonly #reuse: boolean;

  constructor(reuse: boolean) {
    this.#reuse = reuse;
  }

  /** The smallest free slot that is large enough, else the largest free one, grown, else a new one. */
  take(bytes: number): number {
    const free = [...this.#free].sort((a, b) => (this.sizes[a] ?? 0) - (this.sizes[b] ?? 0));
    const slot = free.find((index) => (this.sizes[index] ?? 0) >= bytes) ?? free.at(-1) ?? this.sizes.length;
    this.#free.delete(slot);
    this.sizes[slot] = Math.max(this.sizes[slot] ?? 0, bytes);
    return slot;
  }

  release(buffer: Home['buffer']): void {
    if (this.#reuse && typeof buffer === 'number') this.#free.add(buffer);
  }
}
