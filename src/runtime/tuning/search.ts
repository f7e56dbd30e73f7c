import { AbortError, LimitError, ShaderError } from '../../core/errors';
import { familyOf } from '../../ops/conv/choices';
import type { TuningCandidate, TuningProblem } from './problems';

/** Work that is ready to run. */
export interface TimedWork {
  /** Milliseconds of so many repeats in a row. */
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

export interface KernelTime {
  readonly kernel: string;
  readonly milliseconds: number;
}

export interface TunedProblem {
  readonly problem: string;
  /** Layers that it stands for. */
  readonly count: number;
  readonly shipped: string;
  readonly kernel: string;
  /** Of those that were timed, in that order. */
  readonly times: readonly KernelTime[];
}

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
  const times = new Map(problems.map(({ problem }) => [problem, [] as KernelTime[]]));
  const queue = inTurn(problems);
  let done = 0;
  for (let first = 0; first < queue.length && seconds() < budget; first += AHEAD) {
    stopIfAborted(signal);
    const chunk = queue.slice(first, first + AHEAD);
    const works = await Promise.all(chunk.map(({ candidate }) => prepare(timer, candidate)));
    try {
      for (const [index, { problem, candidate }] of chunk.entries()) {
        stopIfAborted(signal);
        if (seconds() >= budget) break;
        const known = times.get(problem) ?? [];
        const best = Math.min(...known.map(({ milliseconds }) => milliseconds));
        const work = works[index];
        const milliseconds = work ? await measure(timer, work, best) : NaN;
        if (milliseconds > 0) known.push({ kernel: candidate.kernel, milliseconds });
        done += 1;
        onProgress?.({ done, count: queue.length, seconds: seconds(), budget });
      }
    } finally {
      for (const work of works) work?.destroy();
    }
  }
  return problems.map((problem) => conclude(problem, times.get(problem.problem) ?? []));
}

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

async function prepare(timer: Timer, candidate: TuningCandidate): Promise<TimedWork | undefined> {
  try {
    return await timer.prepare(candidate);
  } catch (error) {
    if (error instanceof ShaderError || error instanceof LimitError) return undefined;
    throw error;
  }
}

/** Milliseconds of one repeat, the middle one of several measurements; NaN where the clock sees nothing. */
async function measure({ leastMilliseconds }: Timer, work: TimedWork, best: number): Promise<number> {
  await work.time(1); // The first run pays for what the driver put off.
  let repeats = 1;
  let total = await work.time(repeats);
  while (total < leastMilliseconds && repeats < MOST_REPEATS) {
    const wanted = (1.2 * leastMilliseconds) / Math.max(total, leastMilliseconds / 100);
    repeats = Math.min(MOST_REPEATS, Math.ceil(repeats * Math.min(20, wanted)));
    total = await work.time(repeats);
  }
  const totals = [total];
  while (totals.length < MEASUREMENTS && total / repeats <= HOPELESS * best) {
    totals.push(await work.time(repeats));
  }
  const middle = totals.sort((a, b) => a - b)[Math.floor(totals.length / 2)] ?? 0;
  return middle > 0 ? middle / repeats : NaN;
}

function conclude({ problem, count, candidates }: TuningProblem, times: readonly KernelTime[]): TunedProblem {
  const shipped = candidates[0]?.kernel ?? '';
  const own = times.find(({ kernel }) => kernel === shipped)?.milliseconds;
  const limit = own === undefined ? Infinity : own * WORTHWHILE;
  const [fastest] = [...times].sort((a, b) => a.milliseconds - b.milliseconds);
  const kernel = fastest && fastest.milliseconds < limit ? fastest.kernel : shipped;
  return { problem, count, shipped, kernel, times };
}

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError('tune', 'stopped by the caller');
}
