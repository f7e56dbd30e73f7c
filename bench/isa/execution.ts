// How often each part of a program runs, from the trip counts of the kernel's loops.
import { EngineError } from '../../src/core/errors';
import { findLoops, type Loop } from './loops';
import { NONE, plus, type Block, type Counts } from './program';

/** A loop of the kernel as its author wrote it: how often its body runs each time it is entered, maybe on average. */
export interface Nest {
  readonly trips: number;
  readonly inner: readonly Nest[];
}

/** Loops one inside the other: `nest(3, 3, 16)`. */
export const nest = (...trips: readonly number[]): Nest[] =>
  trips.reduceRight<Nest[]>((inner, count) => [{ trips: count, inner }], []);

type Trips = ReadonlyMap<Loop, number>;

/**
 * Every way to give the loops of the machine code trip counts of the kernel's loops, order and nesting kept. A
 * loop of the kernel may be missing from the machine code: the compiler unrolled it.
 */
function* assignments(found: readonly Loop[], declared: readonly Nest[]): Generator<Trips> {
  const [first, ...others] = found;
  if (!first) {
    yield new Map();
    return;
  }
  const [next, ...rest] = declared;
  if (!next) return;
  for (const inside of assignments(first.inner, next.inner)) {
    for (const after of assignments(others, rest)) yield new Map([[first, next.trips], ...inside, ...after]);
  }
  yield* assignments(found, [...next.inner, ...rest]);
}

/** What one wave does from its first to its last instruction; both sides of a branch count as run. */
function run(blocks: readonly Block[], loops: readonly Loop[], trips: Trips): Counts {
  const times = blocks.map(() => 1);
  const visit = (loop: Loop): void => {
    const count = trips.get(loop) ?? 1;
    for (const block of loop.blocks) times[block]! *= count;
    loop.inner.forEach(visit);
  };
  loops.forEach(visit);
  return blocks.reduce((sum, { counts }, index) => plus(sum, counts, times[index]), NONE);
}

const describe = (loops: readonly Loop[]): string =>
  loops.map(({ inner }) => `a loop${inner.length ? ` (${describe(inner)})` : ''}`).join(', ') || 'none';

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));

/**
 * Executes a program on paper.
 *
 * @param declared the kernel's loops
 * @param fma multiply-adds that a lane must come to; it tells which loops the compiler unrolled, and that the
 *   trip counts belong to the right loops. Undefined if not known.
 * @throws {EngineError} if the loops do not fit, or only with another number of multiply-adds
 */
export function execute(blocks: readonly Block[], declared: readonly Nest[], fma?: number): Counts {
  const loops = findLoops(blocks);
  const results = [...assignments(loops, declared)].map((trips) => run(blocks, loops, trips));
  const advice = 'declare the loops as the kernel has them, from the outermost to the innermost';
  if (results.length === 0) {
    throw new EngineError('machine code', 'has loops that were not declared', describe(loops), advice);
  }
  const right = fma === undefined ? results : results.filter((result) => close(result.fma, fma));
  if (right.length === 0) {
    const counted = [...new Set(results.map((result) => result.fma))].join(' or ');
    throw new EngineError('machine code', `must come to ${fma} multiply-adds per lane`, counted, advice);
  }
  // Equal products of trip counts cannot be told apart: the slower reading stands.
  return right.reduce((worst, result) => (result.alu > worst.alu ? result : worst));
}
