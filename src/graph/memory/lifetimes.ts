import type { GraphNode, Value } from '../../core/op';
import { bytesOf } from '../../core/dtype';
import { rowsOf } from '../../core/rows';
import type { GraphContext } from '../context';
import type { Layout } from '../layout';
import type { LoweredLaunch } from '../lower';

export type MemoryKind = 'input' | 'activation' | 'gradient' | 'scratch';

/** What needs memory for a while: a value with all that lies in it, or a scratch of one node. */
export interface Tenant {
  readonly label: string;
  readonly owner: Value | GraphNode;
  /** `gradient`: of an activation, or what else the backward part computes; `input`: constants, too. */
  readonly kind: MemoryKind;
  readonly bytes: number;
  /** The first and the last dispatch that finds it in memory; -1 is before all, `dispatches` after all. */
  readonly first: number;
  readonly last: number;
  /** Tenants, by number, that a dispatch reads where it writes this one, or the other way round. */
  readonly apart: ReadonlySet<number>;
}

export interface Lifetimes {
  readonly tenants: readonly Tenant[];
  readonly dispatches: number;
  /** The tenant, by number, that is a value with all that lies in it, or a node's scratch; undefined if it has none. */
  readonly numberOf: (owner: Value | GraphNode, scratch?: string) => number | undefined;
}

type Draft = { -readonly [Key in keyof Tenant]: Tenant[Key] } & { readonly apart: Set<number> };

/**
 * From when to when values and scratch are needed, counted in dispatches, and what must not share a buffer.
 * @param guardBytes bytes to leave after each
 */
export function lifetimes(
  launches: readonly LoweredLaunch[],
  { root, view }: Layout,
  { kept, placeOf }: GraphContext,
  guardBytes: number,
): Lifetimes {
  const tenants: Draft[] = [];
  const numbers = new Map<Value | GraphNode, Map<string, number>>();
  const numberOf = (owner: Value | GraphNode, scratch = ''): number | undefined =>
    numbers.get(owner)?.get(scratch);
  const add = (tenant: Omit<Tenant, 'apart'>, scratch = ''): number => {
    const number = numberOf(tenant.owner, scratch) ?? tenants.length;
    const known = tenants[number];
    if (known) {
      known.bytes = Math.max(known.bytes, tenant.bytes);
      known.first = Math.min(known.first, tenant.first);
      known.last = Math.max(known.last, tenant.last);
    } else {
      const own = numbers.get(tenant.owner) ?? new Map<string, number>();
      numbers.set(tenant.owner, own.set(scratch, number));
      tenants.push({ ...tenant, apart: new Set() });
    }
    return number;
  };
  const addRoot = (owner: Value, part: LoweredLaunch['part'], first: number, last: number): number => {
    const computed = part === 'forward' ? 'activation' : 'gradient';
    const kind = owner.role === 'computed' ? computed : 'input';
    const { offset, stride } = view(owner);
    const bytes = bytesOf(offset + rowsOf(owner) * stride, owner.dtype) + guardBytes;
    return add({ label: owner.label, owner, kind, bytes, first, last });
  };
  const addBound = (
    { node, part }: LoweredLaunch,
    target: LoweredLaunch['bind'][string],
    dispatch: number,
  ): number | undefined => {
    if ('scratch' in target) {
      const { scratch, elements } = target;
      const bytes = bytesOf(elements) + guardBytes;
      const label = `${node.label}/${scratch}`;
      return add({ label, owner: node, kind: 'scratch', bytes, first: dispatch, last: dispatch }, scratch);
    }
    if (!('role' in target)) return undefined;
    const owner = root(target);
    return placeOf(owner) ? undefined : addRoot(owner, part, dispatch, dispatch);
  };

  const end = launches.length;
  for (const value of kept) if (value.role !== 'computed') addRoot(root(value), 'forward', -1, end);
  launches.forEach((launch, dispatch) => {
    const reads: number[] = [];
    const writes: number[] = [];
    for (const [name, target] of Object.entries(launch.bind)) {
      const number = addBound(launch, target, dispatch);
      if (number === undefined) continue;
      (launch.shader.entries[launch.entry]?.[name]?.access === 'read' ? reads : writes).push(number);
    }
    for (const read of reads) {
      for (const write of writes) {
        tenants[read]?.apart.add(write);
        tenants[write]?.apart.add(read);
      }
    }
  });
  for (const value of kept) {
    const tenant = tenants[numberOf(root(value)) ?? -1];
    if (tenant) tenant.last = end;
  }
  return { tenants, dispatches: end, numberOf };
}

/** Bytes needed at each dispatch, and before the first one. */
export function liveBytes(tenants: readonly Tenant[], dispatches: number): Float64Array {
  const live = new Float64Array(dispatches + 2);
  for (const { first, last, bytes } of tenants) {
    for (let dispatch = first; dispatch <= last; dispatch++) live[dispatch + 1]! += bytes;
  }
  return live;
}

/** What no plan can do without: the largest sum of bytes that one dispatch needs, and which dispatch that is. */
export function lowerBound(
  tenants: readonly Tenant[],
  dispatches: number,
): { readonly bytes: number; readonly dispatch: number } {
  const live = liveBytes(tenants, dispatches);
  const bytes = live.reduce((a, b) => Math.max(a, b), 0);
  return { bytes, dispatch: live.indexOf(bytes) - 1 };
}
