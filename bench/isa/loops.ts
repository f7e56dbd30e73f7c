// Loops of a machine program: which blocks they hold.
import { NONE, plus, type Block } from './program';

/** A loop, with the loops inside it in the order of the code. Blocks are indices; its first is the smallest. */
export interface Loop {
  readonly header: number;
  readonly blocks: ReadonlySet<number>;
  readonly inner: readonly Loop[];
}

/**
 * The outermost loops of a program, in the order of its code. Compilers lay out a loop in one piece, if not always from where
 * it is entered. So each jump backward closes one: between its ends lie the loop's blocks, and those on the way out of it,
 * from which no way leads to the jump.
 */
export function findLoops(blocks: readonly Block[]): Loop[] {
  const before = blocks.map((): number[] => []);
  blocks.forEach(({ next }, from) => next.forEach((to) => before[to]?.push(from)));
  const bodies = new Map<number, Set<number>>();
  blocks.forEach(({ next }, from) => {
    for (const header of next.filter((to) => to <= from)) {
      const body = bodies.get(header) ?? new Set([header]);
      bodies.set(header, body);
      const waiting = [from];
      for (let block = waiting.pop(); block !== undefined; block = waiting.pop()) {
        if (block < header || body.has(block)) continue;
        body.add(block);
        waiting.push(...(before[block] ?? []));
      }
    }
  });
  const nested = (loops: readonly (readonly [number, ReadonlySet<number>])[]): Loop[] =>
    loops
      .filter(([header]) => !loops.some(([other, body]) => other !== header && body.has(header)))
      .sort(([a], [b]) => a - b)
      .map(([header, body]) => {
        const within = loops.filter(([other]) => other !== header && body.has(other));
        return { header, blocks: body, inner: nested(within) };
      });
  return nested([...bodies]);
}

/** A line for each loop: what one turn costs, without the loops inside it. */
export function describeLoops(
  blocks: readonly Block[],
  loops: readonly Loop[] = findLoops(blocks),
  indent = '',
): string[] {
  return loops.flatMap((loop) => {
    const nested = new Set(loop.inner.flatMap((inner) => [...inner.blocks]));
    const own = [...loop.blocks].filter((block) => !nested.has(block));
    const sum = own.reduce((total, block) => plus(total, blocks[block]?.counts ?? NONE), NONE);
    const share = sum.alu === 0 ? '' : `, share ${((100 * sum.fma) / sum.alu).toFixed(1)} %`;
    const loads = `${sum.buffer} numbers from buffers, ${sum.shared} from workgroup memory`;
    const head = `${indent}loop: ${sum.fma} multiply-adds of ${sum.alu} ALU instructions${share}; ${loads}`;
    return [head, ...describeLoops(blocks, loop.inner, `${indent}  `)];
  });
}
