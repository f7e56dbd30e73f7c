import { requireFunction, requireNumber, requireObject, requireWhole } from '../../core/check';
import { LimitError } from '../../core/errors';
import { atOnce, inOnePiece, type Sliced } from '../../core/slices';
import { formatBytes } from './format';
import type { MemoryEstimate } from './estimate';

/**
 * @param memory what is needed
 * @param budget bytes that may be taken
 * @throws {LimitError} if the memory is more than `budget` bytes, with the largest buffer's name and size
 */
export function requireBudget(memory: MemoryEstimate, budget: number): void {
  requireObject('requireBudget', 'the estimate', memory, ['total', 'largest', 'bytes']);
  requireNumber('requireBudget', 'the budget', budget, 0);
  const { total, largest, bytes } = memory;
  if (total <= budget) return;
  const fixed = bytes.weights + bytes.weightGradients + bytes.optimizer;
  throw new LimitError(
    'memory',
    `needs ${formatBytes(total)}, of which ${largest.label} takes ${formatBytes(largest.bytes)}`,
    `a budget of ${formatBytes(budget)}`,
    fixed < budget ? 'use a smaller batch' : `the weights and the optimizer alone take ${formatBytes(fixed)}`,
    { bytes: { needed: total, limit: budget } },
  );
}

/**
 * The largest batch from 1 to `most` that `attempt` makes no `LimitError` of, found by halving; 0 if there is none.
 * `attempt` builds a graph of so many images and estimates it, or checks it otherwise.
 * @throws {ValueError} for arguments that make no sense; whatever `attempt` throws besides {LimitError}
 */
export function largestBatch(attempt: (batch: number) => unknown, most: number): number {
  requireFunction('largestBatch', 'the attempt', attempt);
  requireWhole('largestBatch', 'the largest batch to try', most, 0);
  return atOnce(largestFitting(most, (batch) => inOnePiece(() => attempt(batch))));
}

/** The work of `largestBatch`. */
export function* largestFitting(most: number, attempt: (batch: number) => Sliced<unknown>): Sliced<number> {
  let [fits, tooLarge] = [0, most + 1];
  while (tooLarge - fits > 1) {
    const batch = Math.floor((fits + tooLarge) / 2);
    if (yield* isWithinLimits(attempt(batch))) fits = batch;
    else tooLarge = batch;
  }
  return fits;
}

/** Does work, and says whether it came without a `LimitError`. */
export function* isWithinLimits(work: Sliced<unknown>): Sliced<boolean> {
  try {
    yield* work;
    return true;
  } catch (error) {
    if (error instanceof LimitError) return false;
    throw error;
  }
}

/**
 * What `attempt` gives for a batch.
 * @throws {LimitError} its own, with the largest batch that fits
 */
export function withinLimits<T>(batch: number, attempt: (batch: number) => T): T {
  requireWhole('withinLimits', 'the batch', batch, 1);
  requireFunction('withinLimits', 'the attempt', attempt);
  try {
    return attempt(batch);
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { where, problem, got, bytes } = error;
    const largest = largestBatch(attempt, batch - 1);
    const advice = largest > 0 ? `the largest batch that fits is ${largest}` : 'not even a batch of 1 fits';
    throw new LimitError(where, problem, got, advice, { cause: error, bytes, largestBatch: largest });
  }
}
