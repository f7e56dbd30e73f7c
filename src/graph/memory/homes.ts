import { bytesOf } from '../../core/dtype';
import type { GraphNode, Value } from '../../core/op';
import { roundUp } from '../../core/shape';
import type { GraphContext } from '../context';
import type { Layout } from '../layout';
import type { LoweredLaunch } from '../lower';
import type { Home, Plan, PlannedLaunch } from '../plan';
import type { Lifetimes } from './lifetimes';

/** Gives each launch the homes of what it binds, and tells where values can be read after a run. */
export function bindHomes(
  launches: readonly LoweredLaunch[],
  { root, view }: Layout,
  { kept, placeOf }: GraphContext,
  { numberOf }: Lifetimes,
  homes: readonly Home[],
): Pick<Plan, 'launches' | 'tables' | 'home'> {
  const inSlots = (owner: Value | GraphNode, scratch?: string) => homes[numberOf(owner, scratch) ?? -1];
  const inFlat = (value: Value): Home | undefined => {
    const place = placeOf(value);
    if (!place) return undefined;
    const { offset, elements } = place.matrix;
    return { buffer: place.flat, offset: bytesOf(offset), size: bytesOf(elements) };
  };
  const tables = new Tables();
  const homeOf = ({ node }: LoweredLaunch, target: LoweredLaunch['bind'][string]): Home => {
    if ('table' in target) return tables.add(target.words);
    if ('flat' in target) return { buffer: target.flat, offset: 0, size: 0 };
    if ('scratch' in target) return inSlots(node, target.scratch) as Home;
    return inFlat(root(target)) ?? (inSlots(root(target)) as Home);
  };
  const keptRoots = new Set([...kept].map(root));
  return {
    launches: launches.map((launch) => {
      const bound = Object.entries(launch.bind).map(([name, target]) => [name, homeOf(launch, target)]);
      return { ...launch, homes: Object.fromEntries(bound) as PlannedLaunch['homes'] };
    }),
    tables: tables.words(),
    home(value) {
      const owner = root(value);
      const home = inFlat(owner) ?? (keptRoots.has(owner) ? inSlots(owner) : undefined);
      return home && { home, view: view(value) };
    },
  };
}

/** Tables one after the other in one buffer; WebGPU binds at multiples of 256 bytes. */
class Tables {
  readonly #tables: { readonly words: Uint32Array; readonly offset: number }[] = [];
  /** In words. */
  #end = 0;

  add(words: Uint32Array): Home {
    const offset = this.#end;
    this.#tables.push({ words, offset });
    this.#end = roundUp(offset + words.length, 64);
    return { buffer: 'tables', offset: bytesOf(offset, 'u32'), size: words.byteLength };
  }

  words(): Uint32Array<ArrayBuffer> {
    const all = new Uint32Array(this.#end);
    for (const { words, offset } of this.#tables) all.set(words, offset);
    return all;
  }
}
