import type { Value } from '../../src/core/op';
import type { Graph } from '../../src/graph/graph';
import type { Home, PlannedLaunch } from '../../src/graph/plan';
import type { PlannedGraph } from './simulate';

/** A range of a slot, and the dispatches from which to which what lies there must not be touched. */
interface Held {
  readonly what: string;
  readonly home: Home;
  from: number;
  to: number;
}

/** WebGPU's, for storage buffers. */
const ALIGNMENT = 256;

/**
 * Looks at nothing but the launches and where they bind what: gives a line for each two things that are needed at the
 * same time and overlap, for each dispatch that binds a slot for reading and for writing, and for each byte of a slot
 * that nobody needs. Inputs are needed always, what is kept to the end.
 */
export function checkMemory(graph: Graph, planned: PlannedGraph, keep: Iterable<Value> = []): string[] {
  const { plan, root } = planned;
  const faults: string[] = [];
  const held = new Map<unknown, Held>();
  const hold = (key: unknown, what: string, home: Home, from: number, to: number): void => {
    if (typeof home.buffer !== 'number') return;
    const known = held.get(key);
    if (!known) {
      held.set(key, { what, home, from, to });
      return;
    }
    if (known.home.buffer !== home.buffer || known.home.offset !== home.offset) {
      faults.push(`${what} has two homes`);
    }
    known.from = Math.min(known.from, from);
    known.to = Math.max(known.to, to);
  };

  const end = plan.launches.length;
  for (const value of [...graph.inputs.values(), ...graph.constants.keys()]) {
    const home = plan.home(value)?.home;
    if (home) hold(root(value), value.label, home, -1, end);
    else faults.push(`${value.label} has no home`);
  }
  plan.launches.forEach((launch, dispatch) => {
    const slots = { read: new Set<Home['buffer']>(), read_write: new Set<Home['buffer']>() };
    for (const [name, target] of Object.entries(launch.bind)) {
      const home = launch.homes[name] as Home;
      if ('role' in target) hold(root(target), root(target).label, home, dispatch, dispatch);
      if ('scratch' in target) {
        const { scratch } = target;
        hold(scratchKey(launch, scratch), `${launch.label} ${scratch}`, home, dispatch, dispatch);
      }
      const access = launch.shader.entries[launch.entry]?.[name]?.access;
      if (access === 'read' || access === 'read_write') slots[access].add(home.buffer);
    }
    for (const slot of slots.read) {
      if (slots.read_write.has(slot)) faults.push(`${launch.label} reads and writes buffer ${slot}`);
    }
  });
  for (const value of keep) {
    const home = plan.home(value)?.home;
    if (home) hold(root(value), value.label, home, end, end);
    else faults.push(`${value.label} has no home`);
  }

  const all = [...held.values()];
  all.forEach((one, index) => {
    const { buffer, offset, size } = one.home;
    const slot = plan.slots[buffer as number] ?? 0;
    if (offset % ALIGNMENT !== 0) faults.push(`${one.what} begins at ${offset}`);
    if (offset + size > slot) faults.push(`${one.what} ends beyond its slot`);
    for (const other of all.slice(index + 1)) {
      const together = one.from <= other.to && other.from <= one.to;
      if (together && overlap(one.home, other.home)) faults.push(`${one.what} lies over ${other.what}`);
    }
  });
  plan.slots.forEach((bytes, slot) => {
    const ends = all.filter(({ home }) => home.buffer === slot).map(({ home }) => home.offset + home.size);
    if (bytes - Math.max(0, ...ends) >= ALIGNMENT) faults.push(`slot ${slot} is larger than what lies there`);
  });
  return faults;
}

const overlap = (a: Home, b: Home): boolean =>
  a.buffer === b.buffer && a.offset < b.offset + b.size && b.offset < a.offset + a.size;

const nodes = new WeakMap<object, Map<string, object>>();

/** One object for each scratch of each node. */
function scratchKey({ node }: PlannedLaunch, scratch: string): object {
  const ofNode = nodes.get(node) ?? new Map<string, object>();
  const key = ofNode.get(scratch) ?? {};
  nodes.set(node, ofNode.set(scratch, key));
  return key;
}
