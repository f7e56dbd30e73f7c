import { LimitError } from '../core/errors';
import type { Sliced } from '../core/slices';
import type { Engine } from '../gpu/engine';
import { isWithinLimits, largestInSlices, requireBudget } from '../graph/memory/batches';
import type { MemoryEstimate } from '../graph/memory/estimate';
import { estimateTrainingInSlices } from '../train/estimate';
import { divisorsOf, type Settings } from '../train/presets';
import type { Memory } from './events';
import { trainedNetwork } from './network';

/** What memory depends on, and may be changed without changing what is learnt, save for the batch. */
type Change = Partial<Pick<Settings, 'batch' | 'microBatches' | 'recompute'>>;

type Attempt = (change: Change) => Sliced<MemoryEstimate>;

const MB = 1e6;

/**
 * The memory that training with these settings takes.
 *
 * @param budget bytes that it may take
 * @throws {LimitError} naming what is too large for the device or the budget, and the options with which it is not
 */
export function* memoryOf(
  engine: Pick<Engine, 'target' | 'device'>,
  settings: Settings,
  budget?: number,
): Sliced<Memory> {
  const estimated = (change: Change) => estimateOf(engine, { ...settings, ...change });
  const attempt: Attempt = function* (change) {
    const found = yield* estimated(change);
    if (budget !== undefined) requireBudget(found, budget);
    return found;
  };
  try {
    const { bytes, total, largest, lowerBound } = yield* attempt({});
    return { bytes, total, largest, lowerBound };
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { where, problem, got, bytes } = error;
    const largestBatch = yield* largestFitting(attempt, settings);
    const ways = [
      ...(largestBatch > 0 ? [`--batch ${largestBatch}`] : []),
      ...(yield* partsThatFit(attempt, settings)),
      ...(yield* recomputationThatFits(error, attempt, estimated, budget)),
    ];
    const advice = ways.length > 0 ? `what fits: ${ways.join(', or ')}` : 'no --batch fits, not even of 1';
    throw new LimitError(where, problem, got, advice, { cause: error, bytes, largestBatch });
  }
}

function estimateOf(
  { target, device: { limits } }: Pick<Engine, 'target' | 'device'>,
  settings: Settings,
): Sliced<MemoryEstimate> {
  const { optimizer, microBatches, recompute } = settings;
  return estimateTrainingInSlices(trainedNetwork(settings), {
    target,
    limits,
    optimizer: { kind: optimizer },
    microBatches,
    ...(recompute !== undefined && { recompute: { memory: recompute } }),
  });
}

/** The largest batch of so many parts; 0 if there is none. */
function* largestFitting(attempt: Attempt, { batch, microBatches }: Settings): Sliced<number> {
  const most = batch / microBatches - 1;
  const part = yield* largestInSlices(most, (pictures) => attempt({ batch: pictures * microBatches }));
  return part * microBatches;
}

/** The same batch in more parts, but no more than it takes. */
function* partsThatFit(attempt: Attempt, { batch, microBatches: now }: Settings): Sliced<string[]> {
  for (const microBatches of divisorsOf(batch).filter((parts) => parts > now)) {
    if (yield* isWithinLimits(attempt({ microBatches }))) return [`--micro-batches ${microBatches}`];
  }
  return [];
}

/** The same batch with as much computed again as it takes. */
function* recomputationThatFits(
  error: LimitError,
  attempt: Attempt,
  estimated: Attempt,
  budget?: number,
): Sliced<string[]> {
  const amounts: number[] = [];
  if (error.where === 'recompute.memory') amounts.push(Math.ceil((error.bytes?.needed ?? 0) / MB) * MB);
  else if (budget !== undefined && error.where === 'memory') {
    const { total, plan } = yield* estimated({});
    const slots = plan.slots.reduce((sum, bytes) => sum + bytes, 0);
    // A little less, since what is computed again has launches with uniforms of their own.
    const left = Math.floor((budget - (total - slots)) / MB - 0.5) * MB;
    if (left > 0) amounts.push(left);
  }
  for (const recompute of amounts) {
    if (yield* isWithinLimits(attempt({ recompute }))) return [`--recompute ${recompute / MB}MB`];
  }
  return [];
}
