import { AbortError, ValueError } from '../core/errors';
import { requireObject, shown } from '../core/check';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { Profile } from '../runtime/profile';
import type { Images, Inputs, Labels } from './check';
import type { StepLosses } from './step_report';

/** What a step learns from. */
export interface Batch {
  /** (N, C, H, W) in PyTorch's order, bytes (N, H, W, RGBA) for packed input, or a source on the GPU. */
  readonly images: Images;
  /** N class numbers, or what else the trainer's loss takes. */
  readonly labels: Labels;
  /** What else the graph reads, by the names of its inputs, for all N images. */
  readonly inputs?: Inputs;
}

/** Batches, one after the other: an array, a generator, or what waits for each. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** How long to train, and who is told. One of `steps` and `epochs` is needed. */
export interface FitOptions {
  /** So many steps, or fewer where the batches end. */
  readonly steps?: number;
  /** So often through all batches. */
  readonly epochs?: number;
  /** Told of each epoch, once its steps are done: a checkpoint taken here is of its end. */
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Told of each step, in order. */
  readonly onStep?: (losses: StepLosses) => void | Promise<void>;
  /** Wants the second step (the first, if it is the only one) timed launch by launch. */
  readonly onProfile?: (profile: Profile) => void | Promise<void>;
}

/** Once through all batches. */
export interface Epoch {
  /** From 0. */
  readonly epoch: number;
  /** Steps that it took. */
  readonly steps: number;
  /** Mean of their total losses. */
  readonly loss: number;
}

const OPTIONS: Rules<FitOptions> = {
  steps: is.whole(0),
  epochs: is.whole(0),
  onEpoch: is.callable,
  signal: is.having('aborted'),
  onStep: is.callable,
  onProfile: is.callable,
};

/** What `fit` needs of a trainer. */
interface Steps {
  readonly steps: number;
  step(images: Images, labels: Labels, inputs?: Inputs): Promise<StepLosses>;
  profileStep(
    images: Images,
    labels: Labels,
    inputs?: Inputs,
  ): Promise<{ readonly losses: StepLosses; readonly profile: Profile }>;
}

/** `Trainer.fit`. */
export async function fit(
  trainer: Steps,
  inFlight: number,
  batches: Batches | ((epoch: number) => Batches),
  options: FitOptions,
): Promise<void> {
  checkOptions('trainer.fit', options, OPTIONS);
  const { steps, epochs, onEpoch, onProfile, ...more } = options;
  if ((steps === undefined) === (epochs === undefined))
    throw new ValueError('trainer.fit', 'needs either steps or epochs', shown(Object.keys(options)));
  if (onEpoch && epochs === undefined) throw new ValueError('trainer.fit', 'onEpoch needs epochs', 'steps');
  if (epochs === undefined)
    return pass(trainer, inFlight, batches as Batches, { ...options, steps: steps ?? 0 });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const given = typeof batches === 'function' ? batches(epoch) : batches;
    if (given === batches) requireAnew(given);
    let [count, sum] = [0, 0];
    const onStep = async (losses: StepLosses): Promise<void> => {
      count++;
      sum += losses.total;
      await more.onStep?.(losses);
    };
    await pass(trainer, inFlight, given, {
      ...(epoch === 0 && onProfile ? { ...more, onProfile } : more),
      onStep,
      steps: Infinity,
    });
    if (count === 0) throw new ValueError('trainer.fit', `epoch ${epoch} has no batches`);
    await onEpoch?.({ epoch, steps: count, loss: sum / count });
  }
}

/** @throws {ValueError} for what can be gone through once only, such as a generator */
function requireAnew(batches: Batches): void {
  is.iterable('trainer.fit', 'the batches', batches);
  const given: unknown =
    Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  if (given !== batches) return;
  const advice = 'give an array, or a function that gives the batches of an epoch';
  throw new ValueError(
    'trainer.fit',
    'batches must begin anew in each epoch',
    'an iterator, which is gone through once',
    advice,
  );
}

/**
 * Asks for steps so that up to `inFlight` are under way, and tells of each in order. Takes a batch for
 * each step, and one in vain at most where it is stopped; leaves a generator open for whoever goes on with it.
 * @throws {AbortError} after the steps under way, once `signal` fires
 */
async function pass(
  trainer: Steps,
  inFlight: number,
  batches: Batches,
  options: Omit<FitOptions, 'epochs' | 'onEpoch'> & { readonly steps: number },
): Promise<void> {
  is.iterable('trainer.fit', 'the batches', batches);
  const { steps, signal, onStep, onProfile } = options;
  const under: Promise<StepLosses>[] = [];
  const settle = async (most: number): Promise<void> => {
    while (under.length > most) {
      const losses = await (under.shift() as Promise<StepLosses>);
      await onStep?.(losses);
    }
  };
  const stopped = (): boolean => signal?.aborted ?? false;
  let done = 0;
  // By hand: a loop with `of` would end a generator for good, and a later `fit` that goes on with it would train nothing.
  const given =
    Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  requireObject('trainer.fit', 'the iterator of the batches', given, ['next']);
  try {
    while (done < steps && !stopped()) {
      const next = await given.next();
      requireObject('trainer.fit', 'what the batches give', next);
      if (next.done || stopped()) break;
      requireObject('trainer.fit', 'a batch', next.value, ['images', 'labels']);
      const { images, labels, inputs } = next.value;
      if (onProfile && done === Math.min(1, steps - 1)) {
        await settle(0);
        const { losses, profile } = await trainer.profileStep(images, labels, inputs);
        await onStep?.(losses);
        await onProfile(profile);
      } else {
        await settle(inFlight - 1);
        if (stopped()) break;
        const losses = trainer.step(images, labels, inputs);
        losses.catch(() => undefined); // Told of when its turn comes, or not at all after an earlier failure.
        under.push(losses);
      }
      done++;
    }
    await settle(0);
  } finally {
    // Whoever hears of a failure may ask for the next step at once.
    await Promise.allSettled(under);
  }
  if (stopped() && done < steps)
    throw new AbortError('trainer.fit', 'stopped by the caller', `step ${trainer.steps}`);
}
