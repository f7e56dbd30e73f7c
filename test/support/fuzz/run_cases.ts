import vm from 'node:vm';
import { EngineError } from '../../../src/core/errors';
import { Chance } from './chance';

/** A reader, and files for it that something is wrong with. */
export interface Fuzzed<Input> {
  readonly name: string;
  /** Input number `seed`; most are broken. */
  readonly input: (chance: Chance) => Input;
  /** Reads it. Where it is accepted, checks that what came out is what the input says. */
  readonly read: (input: Input) => void;
  /** Bytes of the input: memory in proportion to them may be taken. */
  readonly size: (input: Input) => number;
}

export interface Tally {
  readonly reader: string;
  readonly cases: number;
  readonly refused: number;
  readonly accepted: number;
  /** Milliseconds of the slowest case. */
  readonly slowest: number;
}

/** A case that runs longer is a hang. */
const PATIENCE = 5000;
/** Room for what the test itself and the garbage collector have not freed yet. */
const SLACK = 2 ** 25;

/**
 * Reads `cases` inputs. Each must be accepted or refused by an `EngineError`, in seconds, without memory beyond a few times
 * its size.
 * @throws {Error} naming reader and case, so that `FUZZ_CASE` repeats it
 */
export function runCases<Input>(
  { name, input, read, size }: Fuzzed<Input>,
  cases: number,
  only?: number,
): Tally {
  let [refused, accepted, slowest] = [0, 0, 0];
  const seeds = only === undefined ? Array.from({ length: cases }, (_, seed) => seed) : [only];
  for (const seed of seeds) {
    const given = input(new Chance(name, seed));
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    try {
      withPatience(() => read(given));
      accepted++;
    } catch (error) {
      if (!(error instanceof EngineError)) {
        throw new Error(`${name}, FUZZ_CASE=${seed}: ${String(error)}`, { cause: error });
      }
      if (!isReadable(error))
        throw new Error(`${name}, FUZZ_CASE=${seed}: unreadable message`, { cause: error });
      refused++;
    }
    slowest = Math.max(slowest, performance.now() - start);
    const taken = process.memoryUsage().arrayBuffers - before;
    if (taken > 4 * size(given) + SLACK) {
      throw new Error(`${name}, FUZZ_CASE=${seed}: took ${taken} bytes for ${size(given)}`);
    }
  }
  return { reader: name, cases: seeds.length, refused, accepted, slowest };
}

/** `where: what is wrong; ...`, in a few lines at most, whatever stands in the file. */
function isReadable({ message, where, problem }: EngineError): boolean {
  const start = `${where}: ${problem}`;
  return where !== '' && problem !== '' && message.startsWith(start) && message.length < 1000;
}

/** Stops what does not end by itself: a timer could not, as nothing else runs meanwhile. */
function withPatience(work: () => void): void {
  Object.assign(globalThis, { fuzzedWork: work });
  vm.runInThisContext('fuzzedWork()', { timeout: PATIENCE });
}
