import { LimitError } from '../core/errors';
import type { Sliced } from '../core/slices';
import type { Engine } from '../gpu/engine';
import { isWithinLimits, largestFitting, requireBudget } from '../graph/memory/batches';
import { estimating, type MemoryEstimate } from '../graph/memory/estimate';
import { slotBytes } from '../graph/plan';
import { trainingToEstimate } from '../train/estimate';
import { divisorsOf, type RunSettings } from '../train/presets';
import { groupsOf } from '../train/fine_tuning';
import { averageOf, optimizerOf } from '../train/recipes';
import type { Memory } from './events';
import { trainedNetwork } from './network';

/** What memory depends on, and may be changed without changing what is learnt, save for the batch. */
type Change = Partial<Pick<RunSettings, 'batch' | 'microBatches' | 'recompute'>>;

/** Ends in a `LimitError` where that does not fit. */
type Attempt = (change: Change) => Sliced<void>;

const MB = 1e6;

/**
 * The memory that training with these settings takes.
 *
 * @param budget bytes that it may take
 * @throws {LimitError} naming what is too large for the device or the budget, and the options with which it is not
 */
export function* memoryOf(
  engine: Pick<Engine, 'target' | 'device'>,
  settings: RunSettings,
  classes: number,
  budget?: number,
): Sliced<Memory> {
  const within = (found: MemoryEstimate): void => {
    if (budget !== undefined) requireBudget(found, budget);
  };
  const attempt: Attempt = function* (change) {
    within(yield* estimateOf(engine, { ...settings, ...change }, classes));
  };
  let found: MemoryEstimate | undefined;
  try {
    found = yield* estimateOf(engine, settings, classes);
    within(found);
    const { bytes, total, largest, lowerBound } = found;
    return { bytes, total, largest, lowerBound };
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { where, problem, got, bytes } = error;
    const largest = yield* largestBatch(attempt, settings);
    const recompute = found && budget !== undefined ? leftToSlots(found, budget) : leastOf(error);
    const ways = [
      ...(largest > 0 ? [`--batch ${largest}`] : []),
      ...(yield* partsThatFit(attempt, settings)),
      ...(recompute > 0 && (yield* isWithinLimits(attempt({ recompute })))
        ? [`--recompute ${recompute / MB}MB`]
        : []),
    ];
    const none = `no --batch fits, not even of ${settings.microBatches}`;
    const advice = ways.length > 0 ? `what fits: ${ways.join(', or ')}` : none;
    throw new LimitError(where, problem, got, advice, { cause: error, bytes, largestBatch: largest });
  }
}

function estimateOf(
  { target, device: { limits } }: Pick<Engine, 'target' | 'device'>,
  settings: RunSettings,
  classes: number,
): Sliced<MemoryEstimate> {
  const { microBatches, recompute } = settings;
  const average = averageOf(settings);
  const [graph, options] = trainingToEstimate(trainedNetwork(settings, classes), {
    target,
    limits,
    optimizer: optimizerOf(settings),
    groups: groupsOf(settings),
    ...(average && { average }),
    microBatches,
    ...(recompute !== undefined && { recompute: { memory: recompute } }),
  });
  return estimating(graph, options);
}

/** The largest batch of so many parts; 0 if there is none. */
function* largestBatch(attempt: Attempt, { batch, microBatches }: RunSettings): Sliced<number> {
  const most = batch / microBatches - 1;
  const part = yield* largestFitting(most, (images) => attempt({ batch: images * microBatches }));
  return part * microBatches;
}

/** The same batch in more parts, but no more than it takes. */
function* partsThatFit(attempt: Attempt, { batch, microBatches: now }: RunSettings): Sliced<string[]> {
  for (const microBatches of divisorsOf(batch).filter((parts) => parts > now)) {
    if (yield* isWithinLimits(attempt({ microBatches }))) return [`--micro-batches ${microBatches}`];
  }
  return [];
}

/**
 * What a budget leaves for slots, in whole megabytes, and a little less: what is computed again has launches with uniforms
 * of their own.
 */
function leftToSlots({ total, plan }: MemoryEstimate, budget: number): number {
  return Math.floor((budget - (total - slotBytes(plan))) / MB - 0.5) * MB;
}

/** What recomputation needs at least, where that is what failed, in whole megabytes; else 0. */
const leastOf = ({ where, bytes }: LimitError): number =>
  where === 'recompute.memory' && bytes ? Math.ceil(bytes.needed / MB) * MB : 0;
