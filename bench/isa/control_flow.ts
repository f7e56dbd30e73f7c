// Loops of a machine program: which blocks they hold, and which of them run once more than the others.
import { EngineError } from '../../src/core/errors';
import type { Block } from './assembly';
import { countAll } from './instructions';

/** A natural loop, with the loops inside it in the order of the code. Blocks are indices. */
export interface Loop {
  readonly header: number;
  readonly blocks: ReadonlySet<number>;
  /** Blocks before the exit test of a loop that tests at its top: they also run when the loop ends. */
  readonly runOnceMore: ReadonlySet<number>;
  readonly inner: readonly Loop[];
}

type Edges = readonly (readonly number[])[];

function successors(blocks: readonly Block[]): Edges {
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
function dominators(next: Edges): (ReadonlySet<number> | undefined)[] {
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

/**
 * The outermost loops of a program, in the order of its code.
 *
 * @throws {EngineError} if it jumps backward into the middle of a loop
 */
export function findLoops(blocks: readonly Block[]): Loop[] {
  const next = successors(blocks);
  const dominatedBy = dominators(next);
  const before: number[][] = next.map(() => []);
  next.forEach((targets, from) => {
    if (dominatedBy[from]) for (const to of targets) before[to]?.push(from);
  });
  const latches = new Map<number, number[]>();
  next.forEach((targets, from) => {
    for (const to of targets) {
      if (dominatedBy[from]?.has(to)) latches.set(to, [...(latches.get(to) ?? []), from]);
      else if (to <= from && dominatedBy[from]) {
        throw new EngineError('machine code', 'jumps backward into a loop', `${from} to ${to}`);
      }
    }
  });

  const flat = [...latches].map(([header, ends]) => {
    const inside = new Set([header]);
    for (const stack = [...ends]; stack.length > 0;) {
      const block = stack.pop() as number;
      if (inside.has(block)) continue;
      inside.add(block);
      stack.push(...(before[block] ?? []));
    }
    return { header, ends, inside };
  });
  const build = (headers: typeof flat): Loop[] => {
    const outermost = headers.filter(
      (loop) => !headers.some((other) => other !== loop && other.inside.has(loop.header)),
    );
    return outermost
      .sort((a, b) => a.header - b.header)
      .map(({ header, ends, inside }) => {
        const inner = build(headers.filter((other) => other.header !== header && inside.has(other.header)));
        const nested = new Set(inner.flatMap((loop) => [...loop.blocks]));
        const testsAtEnd = ends.some((end) => (next[end]?.length ?? 0) > 1);
        const exits = [...inside].filter((block) => next[block]?.some((to) => !inside.has(to)));
        const last = exits.find((exit) => exits.every((other) => dominatedBy[exit]?.has(other)));
        const early = [...(dominatedBy[last ?? -1] ?? [])].filter((block) => inside.has(block));
        const works = early.some((block) => nested.has(block) || countAll(blocks[block]?.code ?? []).fma > 0);
        return { header, blocks: inside, runOnceMore: new Set(testsAtEnd || works ? [] : early), inner };
      });
  };
  return build(flat);
}

/** A line for each loop: what one run of its body costs, without the loops inside it. */
export function describeLoops(
  blocks: readonly Block[],
  loops: readonly Loop[] = findLoops(blocks),
  indent = '',
): string[] {
  return loops.flatMap((loop) => {
    const nested = new Set(loop.inner.flatMap((inner) => [...inner.blocks]));
    const own = [...loop.blocks].filter((block) => !nested.has(block));
    const { fma, valu } = countAll(own.flatMap((block) => blocks[block]?.code ?? []));
    const head = `${indent}loop at ${blocks[loop.header]?.name}: fma ${fma}, valu ${valu}`;
    return [head, ...describeLoops(blocks, loop.inner, `${indent}  `)];
  });
}
