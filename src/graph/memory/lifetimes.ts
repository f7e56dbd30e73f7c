import type { Launch, Node, Scratch, Value } from '../../core/op';
import { bytesOf } from '../../core/dtype';
import { rowsOf } from '../../core/rows';
import type { Layout } from '../layout';

/** A launch that has no memory yet. */
export interface LoweredLaunch extends Launch {
  readonly label: string;
  readonly part: 'forward' | 'backward';
  /** What the launch is part of, after fusion; the launches of a node follow each other. */
  readonly node: Node;
}

export type MemoryKind = 'input' | 'activation' | 'gradient' | 'scratch';

/** What needs memory for a while: a value with all that lies in it, or a scratch of one node. */
export interface Tenant {
  readonly label: string;
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
  /** The tenant, by number, in whose memory a value lies; undefined in flat buffers, or where it has none. */
  ofValue(value: Value): number | undefined;
  ofScratch(node: Node, scratch: string): number | undefined;
}

export interface LifetimeOptions {
  readonly layout: Layout;
  /** Values to be read after the run; inputs and constants among them, which are there before it. */
  readonly kept: ReadonlySet<Value>;
  /** True for a root in a flat buffer that outlives programs. */
  readonly isFlat: (root: Value) => boolean;
  /** Bytes to leave after each. */
  readonly guardBytes: number;
}

type Draft = { -readonly [Key in keyof Tenant]: Tenant[Key] } & { readonly apart: Set<number> };

/** From when to when values and scratch are needed, counted in dispatches, and what must not share a buffer. */
export function lifetimes(launches: readonly LoweredLaunch[], options: LifetimeOptions): Lifetimes {
  const { layout, kept, isFlat, guardBytes } = options;
  const tenants: Draft[] = [];
  const numbers = new Map<Value | string, number>();
  const nodeNumbers = new Map<Node, number>();
  const scratchKey = (node: Node, scratch: string): string => {
    const number = nodeNumbers.get(node) ?? nodeNumbers.size;
    nodeNumbers.set(node, number);
    return `${number} ${scratch}`;
  };
  const add = (
    key: Value | string,
    tenant: Pick<Tenant, 'label' | 'kind' | 'bytes' | 'first' | 'last'>,
  ): number => {
    const number = numbers.get(key) ?? tenants.length;
    const known = tenants[number];
    if (known) {
      known.bytes = Math.max(known.bytes, tenant.bytes);
      known.first = Math.min(known.first, tenant.first);
      known.last = Math.max(known.last, tenant.last);
    } else {
      numbers.set(key, number);
      tenants.push({ ...tenant, apart: new Set() });
    }
    return number;
  };
  const addRoot = (
    root: Value,
    { part = 'forward' }: { part?: LoweredLaunch['part'] },
    first: number,
    last: number,
  ) => {
    const computed = part === 'forward' ? 'activation' : 'gradient';
    const { offset, stride } = layout.view(root);
    return add(root, {
      label: root.label,
      kind: root.role === 'computed' ? computed : 'input',
      bytes: bytesOf(offset + rowsOf(root) * stride, root.dtype) + guardBytes,
      first,
      last,
    });
  };

  const end = launches.length;
  for (const value of kept) if (value.role !== 'computed') addRoot(layout.root(value), {}, -1, end);
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
    const tenant = tenants[numbers.get(layout.root(value)) ?? -1];
    if (tenant) tenant.last = end;
  }

  function addBound(
    launch: LoweredLaunch,
    target: LoweredLaunch['bind'][string],
    dispatch: number,
  ): number | undefined {
    if ('scratch' in target) return addScratch(launch.node, target, dispatch);
    if (!('role' in target)) return undefined;
    const root = layout.root(target);
    return isFlat(root) ? undefined : addRoot(root, launch, dispatch, dispatch);
  }

  function addScratch(node: Node, { scratch, elements }: Scratch, dispatch: number): number {
    const bytes = bytesOf(elements) + guardBytes;
    const label = `${node.label}/${scratch}`;
    return add(scratchKey(node, scratch), { label, kind: 'scratch', bytes, first: dispatch, last: dispatch });
  }

  return {
    tenants,
    dispatches: end,
    ofValue: (value) => numbers.get(layout.root(value)),
    ofScratch: (node, scratch) => numbers.get(scratchKey(node, scratch)),
  };
}
