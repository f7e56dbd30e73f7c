import type { Launch, Node, Target, Value, View } from '../core/op';
import { bytesOf } from '../core/dtype';
import { roundUp } from '../core/shape';
import { atOnce, type Sliced } from '../core/slices';
import type { Graph } from './graph';
import { fuseInSlices, fusionContext, isFused, type FuseOptions } from './fuse';
import { layout, type Layout, type LayoutOptions } from './layout';
import { checkBindings, type MemoryLimits } from './memory/limits';
import { lifetimes, type LoweredLaunch, type Tenant } from './memory/lifetimes';
import { placeApart, placeTenantsInSlices, type Place } from './memory/place';
import { flatPlaces, type FlatLayouts } from './flat';
import type { Recomputed } from './recompute/again';

/** A range of a buffer, in bytes. */
export interface Home {
  /** A slot of this plan by number, its `tables`, or by name a flat buffer that outlives it. */
  readonly buffer: number | string;
  readonly offset: number;
  readonly size: number;
}

export interface PlacedLaunch extends Launch {
  readonly label: string;
  readonly part: 'forward' | 'backward';
  readonly homes: Readonly<Record<string, Home>>;
}

export interface PlannedLaunch extends PlacedLaunch, LoweredLaunch {}

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
  /** Who lives in the slots, where and when. */
  readonly tenants: readonly (Tenant & Place)[];
  /** What the buffer of tables holds. */
  readonly tables: Uint32Array<ArrayBuffer>;
  /** Where a value can be read after a run; undefined if its memory was used again. */
  home(value: Value): { readonly home: Home; readonly view: View } | undefined;
}

export interface PlanOptions {
  /** Values that must survive the run, besides inputs, constants and variables' gradients. */
  readonly keep: ReadonlySet<Value>;
  readonly fuse: FuseOptions;
  /** Bytes after each value in its slot that no kernel should touch. */
  readonly guardBytes: number;
  /** For tests: see `LayoutOptions`. */
  readonly margins?: LayoutOptions['margins'];
  readonly target: Target;
  /** What the device can bind and hold. Default: anything. */
  readonly limits?: MemoryLimits;
}

/**
 * Turns a graph into launches, and gives every value and scratch a home. Pure: no GPU is involved.
 * @param rewritten what to lower in place of the graph's fused nodes, of which it must compute all that matters
 * @throws {LimitError} if a value is larger than `limits` allow
 */
export const plan = (
  graph: Graph,
  layouts: FlatLayouts,
  options: PlanOptions,
  rewritten?: readonly Node[],
): Plan => atOnce(planInSlices(graph, layouts, options, rewritten));

/** See `plan`. */
export function* planInSlices(
  graph: Graph,
  layouts: FlatLayouts,
  options: PlanOptions,
  rewritten?: readonly Node[],
): Sliced<Plan> {
  const forward = graph.forwardNodes ?? graph.nodes.length;
  // What is assigned is copied once the run is over.
  const dense = layouts.state ? [...graph.assignments.values()] : [];
  const kept = new Set([...options.keep, ...dense, ...graph.inputs.values(), ...graph.constants.keys()]);
  const placeOf = flatPlaces(graph, layouts);
  const nodes =
    rewritten ?? (yield* fuseInSlices(graph.nodes, fusionContext(graph, placeOf, kept), options.fuse));
  const ofForward = new Set(graph.nodes.slice(0, forward).flatMap((node) => Object.values(node.outputs)));
  // Rewrites may add values to either part, but leave the parts one after the other.
  const lastForward = nodes.findLastIndex(({ outputs }) =>
    Object.values(outputs).some((value) => ofForward.has(value)),
  );
  const inPlace = isFused(options.fuse, 'branchesInPlace');
  const places = layout(nodes, placeOf, { inPlace, dense, margins: options.margins });
  const { view } = places;
  const flatHome = (root: Value): Home | undefined => {
    const place = placeOf(root);
    if (!place) return undefined;
    const { offset, elements } = place.matrix;
    return { buffer: place.flat, offset: bytesOf(offset), size: bytesOf(elements) };
  };

  const read = new Set(nodes.flatMap((node) => Object.values(node.inputs)));
  const isUnread = (value: Value): boolean =>
    value.role === 'computed' && !read.has(value) && !kept.has(value) && !placeOf(value);

  const launches: LoweredLaunch[] = [];
  for (const [index, node] of nodes.entries()) {
    const named = Object.entries({ ...node.inputs, ...node.outputs });
    const views = Object.fromEntries(
      named.map(([name, value]) => [name, { ...view(value, node), unread: isUnread(value) }]),
    );
    const lowered = node.op.lower({ ...node, attrs: node.attrs as never }, views, options.target);
    const part = index <= lastForward ? 'forward' : 'backward';
    for (const launch of lowered.launches) {
      launches.push({ ...launch, label: `${launch.layer?.label ?? node.label}/${node.op.name}`, part, node });
    }
    yield;
  }

  const { guardBytes, limits } = options;
  const isFlat = (root: Value): boolean => placeOf(root) !== undefined;
  const memory = lifetimes(launches, { layout: places, kept, isFlat, guardBytes });
  const { tenants } = memory;
  if (limits) checkBindings(tenants, limits);
  const { places: placed, slots } =
    // With guards to look at, no slot serves twice.
    guardBytes > 0
      ? placeApart(tenants)
      : yield* placeTenantsInSlices(memory, limits?.maxBufferSize ?? Infinity);
  const homeOf = (tenant: number | undefined): Home | undefined => {
    const place = placed[tenant ?? -1];
    const size = tenants[tenant ?? -1]?.bytes ?? 0;
    return place && { buffer: place.slot, offset: place.offset, size };
  };

  const tables = new Tables();
  const boundHome = ({ node }: LoweredLaunch, target: LoweredLaunch['bind'][string]): Home => {
    if ('table' in target) return tables.add(target.words);
    if ('flat' in target) return { buffer: target.flat, offset: 0, size: 0 };
    if ('scratch' in target) return homeOf(memory.ofScratch(node, target.scratch)) as Home;
    return flatHome(places.root(target)) ?? (homeOf(memory.ofValue(target)) as Home);
  };
  const keptRoots = new Set([...kept].map(places.root));
  return {
    nodes,
    forwardNodes: lastForward + 1,
    layout: places,
    launches: launches.map((launch) => {
      const bound = Object.entries(launch.bind).map(([name, target]) => [name, boundHome(launch, target)]);
      return { ...launch, homes: Object.fromEntries(bound) as PlannedLaunch['homes'] };
    }),
    slots,
    tenants: tenants.map((tenant, number) => ({ ...tenant, ...(placed[number] as Place) })),
    tables: tables.words(),
    home(value) {
      const root = places.root(value);
      const home = flatHome(root) ?? (keptRoots.has(root) ? homeOf(memory.ofValue(root)) : undefined);
      return home && { home, view: view(value) };
    },
  };
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
