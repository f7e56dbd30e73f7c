import { equalAverage, exponentialAverage, type Average } from '../optim/average';
import type { Optimizer } from '../optim/optimizer';
import { OPTIMIZERS, type OptimizerName } from '../optim/registry';
import { warmup, type DECAYS, type Schedule, type WarmupOptions } from './schedule';

/** A way to train that is known to work; a preset says what a recipe does not. */
interface Recipe {
  readonly optimizer?: OptimizerName;
  /** Of its own optimizer. */
  readonly rate?: number;
  readonly decay?: (typeof DECAYS)[number];
  readonly weightDecay?: number;
  readonly average?: (typeof AVERAGES)[number];
}

export const RECIPES = {
  /** What a preset was tried with. */
  adam: {},
  /**
   * Section 6 of "Going deeper with convolutions": momentum 0.9, 4 % less every 8 epochs, Polyak averaging. It names no rate;
   * this one is Caffe's.
   */
  paper: { optimizer: 'sgd', rate: 0.01, decay: 'step', average: 'equal' },
  /** Caffe's bvlc_googlenet, quick_solver.prototxt; its biases learn twice as fast and do not decay: see fine_tuning.ts. Caffe has no warm-up; here the preset's is taken. */
  caffe: { optimizer: 'sgd', rate: 0.01, decay: 'polynomial', weightDecay: 2e-4 },
  adamw: { optimizer: 'adamw', decay: 'cosine' },
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;

/** A recipe's entry, of which all fields may be missing. */
export const recipeOf = (name: RecipeName): Recipe => RECIPES[name];

/** Epochs after which `step` takes 4 % off the rate, as the paper did. */
export const EPOCHS_A_STEP = 8;

export const AVERAGES = ['none', 'equal', 'exponential'] as const;

/** The optimizer of a run. */
export const optimizerOf = ({
  optimizer,
  weightDecay,
}: {
  readonly optimizer: OptimizerName;
  readonly weightDecay?: number;
}): Optimizer =>
  (OPTIMIZERS[optimizer] as (settings: object) => Optimizer)({
    ...(optimizer === 'sgd' && { momentum: 0.9 }),
    ...(weightDecay !== undefined && { weightDecay }),
  });

/** The rate of each step of a run. */
export const scheduleOf = ({
  rate,
  warmup: rise,
  steps,
  decay,
  every,
}: Required<Pick<WarmupOptions, 'rate' | 'warmup' | 'steps' | 'decay'>> &
  Pick<WarmupOptions, 'every'>): Schedule =>
  warmup({ rate, warmup: rise, steps, decay, ...(every !== undefined && { every }) });

/**
 * The running average of a run's weights, of its second half: what was learnt at its beginning is not worth keeping. An
 * exponential one looks back over a tenth of the steps, 10,000 at most.
 */
export function averageOf({
  average,
  steps,
}: {
  readonly average: (typeof AVERAGES)[number];
  readonly steps: number;
}): Average | undefined {
  const from = Math.floor(steps / 2);
  if (average === 'equal') return equalAverage({ from });
  const decay = 1 - 1 / Math.min(10_000, Math.max(1, steps / 10));
  return average === 'exponential' ? exponentialAverage({ from, decay }) : undefined;
}
