// Loops of a machine program: which blocks they hold, and which of them run once more than the others.
import { EngineError } from '../../src/core/errors';
import type { Block } from './assembly';
import { dominators, successors, type Dominators, type Edges } from './control_flow';
import { countAll } from './instructions';

/** A natural loop, with the loops inside it in the order of the code. Blocks are indices. */
export interface Loop {
  readonly header: number;
  readonly blocks: ReadonlySet<number>;
  /** Blocks before the exit test of a loop that tests at its top: they also run when the loop ends. */
  readonly runOnceMore: ReadonlySet<number>;
  readonly inner: readonly Loop[];
}

/**
 * The outermost loops of a program, in the order of its code.
 *
 * @throws {EngineError} if it jumps backward into the middle of a loop
 */
export function findLoops(blocks: readonly Block[]): Loop[] {
  const next = successors(blocks);
  const dominatedBy = dominators(next);
  const multiplies = (block: number): boolean => countAll(blocks[block]?.code ?? []).fma > 0;

  const nested = (loops: readonly NaturalLoop[]): Loop[] =>
    loops
      .filter(({ header }) => !loops.some((other) => other.header !== header && other.blocks.has(header)))
      .sort((a, b) => a.header - b.header)
      .map((loop) => {
        const within = loops.filter(({ header }) => header !== loop.header && loop.blocks.has(header));
        const inner = nested(within);
        const isBody = (block: number): boolean =>
          multiplies(block) || within.some((other) => other.blocks.has(block));
        return { ...loop, inner, runOnceMore: testBlocks(loop, next, dominatedBy, isBody) };
      });
  return nested(naturalLoops(next, dominatedBy));
}

interface NaturalLoop extends Pick<Loop, 'header' | 'blocks'> {
  /** Blocks that jump back to the header. */
  readonly latches: readonly number[];
}

function naturalLoops(next: Edges, dominatedBy: Dominators): NaturalLoop[] {
  const before: number[][] = next.map(() => []);
  const latches = new Map<number, number[]>();
  next.forEach((targets, from) => {
    if (!dominatedBy[from]) return;
    for (const to of targets) {
      before[to]?.push(from);
      if (dominatedBy[from].has(to)) latches.set(to, [...(latches.get(to) ?? []), from]);
      else if (to <= from) {
        throw new EngineError('machine code', 'jumps backward into a loop', `block ${from} to ${to}`);
      }
    }
  });
  return [...latches].map(([header, ends]) => {
    const inside = new Set([header]);
    const waiting = [...ends];
    for (let block = waiting.pop(); block !== undefined; block = waiting.pop()) {
      if (inside.has(block)) continue;
      inside.add(block);
      waiting.push(...(before[block] ?? []));
    }
    return { header, blocks: inside, latches: ends };
  });
}

/** Blocks from the header to an exit, where that path is only a test and not a part of the body. */
function testBlocks(
  { blocks, latches }: NaturalLoop,
  next: Edges,
  dominatedBy: Dominators,
  isBody: (block: number) => boolean,
): Set<number> {
  // A latch that may go on instead of back tests at the end: all blocks run equally often.
  if (latches.some((latch) => (next[latch]?.length ?? 0) > 1)) return new Set();
  const exits = [...blocks].filter((block) => next[block]?.some((to) => !blocks.has(to)));
  const tests = exits
    .map((exit) => [...(dominatedBy[exit] ?? [])].filter((block) => blocks.has(block)))
    .filter((path) => !path.some(isBody));
  return new Set(tests.flat());
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
