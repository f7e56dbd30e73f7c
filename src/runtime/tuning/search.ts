import { AbortError, LimitError, ShaderError } from '../../core/errors';
import { familyOf } from '../../core/choices';
import type { TuningCandidate, TuningProblem } from './problems';

/** Work that is ready to run. */
export interface TimedWork {
  /**
   * Milliseconds of so many repeats in a row.
   * @throws {ShaderError | LimitError} if this adapter cannot run it; the candidate is then passed over
   */
  time(repeats: number): Promise<number>;
  destroy(): void;
}

/** Where time comes from: a GPU, or a test. */
export interface Timer {
  /** Milliseconds of work that this clock measures well. */
  readonly leastMilliseconds: number;
  /** @throws {ShaderError | LimitError} if this adapter cannot run it; the candidate is then passed over */
  prepare(candidate: TuningCandidate): Promise<TimedWork>;
  /** Milliseconds since some moment. */
  now(): number;
}

/** A kernel with its time. */
export interface KernelTime {
  readonly kernel: string;
  readonly milliseconds: number;
}

/** A kernel that this adapter could not run or whose time could not be measured, and why, in a sentence. */
export interface ExcludedKernel {
  readonly kernel: string;
  readonly because: string;
}

/** What was measured for one problem. */
export interface TunedProblem {
  readonly problem: string;
  /** Layers that it stands for. */
  readonly count: number;
  readonly shipped: string;
  readonly kernel: string;
  /** Of those that were timed, in that order. */
  readonly times: readonly KernelTime[];
  readonly excluded: readonly ExcludedKernel[];
}

/** How far the tuning is. */
export interface TuningProgress {
  /** Kernels timed so far, of at most `count`: the time may be up before. */
  readonly done: number;
  readonly count: number;
  readonly seconds: number;
  /** Seconds after which tuning ends. */
  readonly budget: number;
}

export interface SearchOptions {
  readonly budget: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TuningProgress) => void) | undefined;
}

/** A candidate this much slower than the best is not measured again. */
const HOPELESS = 1.5;
/** What replaces the shipped kernel must be faster by this much: less is noise. */
const WORTHWHILE = 0.97;
const MEASUREMENTS = 3;
const MOST_REPEATS = 1000;
/** Candidates prepared at once, so that the driver compiles in parallel. */
const AHEAD = 8;

/**
 * Times candidates until all are done or the time is up. The largest problems come first, and for each the first of
 * every family, then the second: whenever the time is up, what is known is what matters most.
 * @throws {AbortError} once `signal` fires
 */
export async function search(
  problems: readonly TuningProblem[],
  timer: Timer,
  { budget, signal, onProgress }: SearchOptions,
): Promise<TunedProblem[]> {
  const start = timer.now();
  const seconds = (): number => (timer.now() - start) / 1000;
  const outcomes = new Map(problems.map(({ problem }) => [problem, [] as Outcome[]]));
  const queue = inTurn(problems);
  let done = 0;
  for (let first = 0; first < queue.length && seconds() < budget; first += AHEAD) {
    stopIfAborted(signal);
    const chunk = queue.slice(first, first + AHEAD);
    const works = await Promise.all(chunk.map(({ candidate }) => excluding(() => timer.prepare(candidate))));
    try {
      for (const [index, { problem, candidate }] of chunk.entries()) {
        stopIfAborted(signal);
        if (seconds() >= budget) break;
        const known = outcomes.get(problem) ?? [];
        const work = works[index] ?? '';
        const outcome =
          typeof work === 'string' ? work : await excluding(() => measure(timer, work, fastest(known)));
        known.push({ kernel: candidate.kernel, outcome });
        done += 1;
        onProgress?.({ done, count: queue.length, seconds: seconds(), budget });
      }
    } finally {
      for (const work of works) if (typeof work === 'object') work.destroy();
    }
  }
  return problems.map((problem) => conclude(problem, outcomes.get(problem.problem) ?? []));
}

/** Milliseconds of a kernel, or a sentence that says why it has none. */
interface Outcome {
  readonly kernel: string;
  readonly outcome: number | string;
}

const fastest = (outcomes: readonly Outcome[]): number =>
  Math.min(...outcomes.flatMap(({ outcome }) => (typeof outcome === 'number' ? outcome : [])));

/** First each problem's shipped kernel and the best of each other family, then the next of each. */
function inTurn(problems: readonly TuningProblem[]) {
  const ranked = problems.flatMap(({ problem, candidates }) => {
    const seen = new Map<string, number>();
    return candidates.map((candidate) => {
      const family = familyOf(candidate.kernel);
      const rank = seen.get(family) ?? 0;
      seen.set(family, rank + 1);
      return { problem, candidate, rank };
    });
  });
  return ranked.sort((a, b) => a.rank - b.rank);
}

/** What `work` gives, or the sentence of an error that excludes a kernel and no more. */
async function excluding<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ShaderError || error instanceof LimitError) return error.message;
    throw error;
  }
}

/** Milliseconds of one repeat, the middle one of several measurements; a sentence where the clock sees nothing. */
async function measure(timer: Timer, work: TimedWork, best: number): Promise<number | string> {
  await work.time(1); // The first run pays for what the driver put off.
  let repeats = 1;
  let total = await work.time(repeats);
  while (total < timer.leastMilliseconds && repeats < MOST_REPEATS) {
    const wanted = (1.2 * timer.leastMilliseconds) / Math.max(total, timer.leastMilliseconds / 100);
    repeats = Math.min(MOST_REPEATS, Math.ceil(repeats * Math.min(20, wanted)));
    total = await work.time(repeats);
  }
  const totals = [total];
  while (totals.length < MEASUREMENTS && total / repeats <= HOPELESS * best) {
    totals.push(await work.time(repeats));
  }
  const middle = totals.sort((a, b) => a - b)[Math.floor(totals.length / 2)] ?? 0;
  return middle > 0 ? middle / repeats : `${repeats} repeats do not show on the clock`;
}

function conclude({ problem, count, candidates }: TuningProblem, outcomes: readonly Outcome[]): TunedProblem {
  const shipped = candidates[0]?.kernel ?? '';
  const times = outcomes.flatMap(({ kernel, outcome }) =>
    typeof outcome === 'number' ? { kernel, milliseconds: outcome } : [],
  );
  const excluded = outcomes.flatMap(({ kernel, outcome }) =>
    typeof outcome === 'string' ? { kernel, because: outcome } : [],
  );
  const own = times.find(({ kernel }) => kernel === shipped)?.milliseconds;
  const limit = own === undefined ? Infinity : own * WORTHWHILE;
  const [best] = [...times].sort((a, b) => a.milliseconds - b.milliseconds);
  const kernel = best && best.milliseconds < limit ? best.kernel : shipped;
  return { problem, count, shipped, kernel, times, excluded };
}

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError('tune', 'stopped by the caller');
}
