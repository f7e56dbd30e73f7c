// Which block of a machine program can follow which. Blocks are indices.
import { EngineError } from '../../src/core/errors';
import type { Block } from './assembly';

/** For each block, the blocks that may run next. */
export type Edges = readonly (readonly number[])[];

export function successors(blocks: readonly Block[]): Edges {
  const indexOf = new Map(blocks.map(({ name }, index) => [name, index]));
  return blocks.map(({ name, code }, index) => {
    const next: number[] = [];
    let falls = true;
    for (const line of code) {
      const [, conditional, target] = /^s_(c?)branch\S*\s+(\S+)/.exec(line) ?? [];
      if (target !== undefined) {
        const to = indexOf.get(target);
        if (to === undefined) throw new EngineError('machine code', `${name} branches to nowhere`, target);
        next.push(to);
        if (conditional === '') falls = false;
      } else if (line.startsWith('s_endpgm')) falls = false;
    }
    if (falls && index + 1 < blocks.length) next.push(index + 1);
    return next;
  });
}

/** For each block, the blocks that every path from the first one to it passes; undefined for what is never reached. */
export type Dominators = readonly (ReadonlySet<number> | undefined)[];

export function dominators(next: Edges): Dominators {
  const found: (Set<number> | undefined)[] = next.map(() => undefined);
  found[0] = new Set([0]);
  for (let changed = true; changed;) {
    changed = false;
    next.forEach((targets, from) => {
      const through = found[from];
      if (!through) return;
      for (const to of targets) {
        const old = found[to];
        const kept = new Set([...through].filter((block) => block !== to && (old?.has(block) ?? true)));
        kept.add(to);
        if (kept.size !== old?.size) {
          found[to] = kept;
          changed = true;
        }
      }
    });
  }
  return found;
}
