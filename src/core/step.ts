import type { Rules } from './options';
import * as is from './rules';

/**
 * What changes from step to step, in one small uniform named `step` that every program owns. A shader that
 * declares `var<uniform> step: Step` repeats this struct; the runtime checks that the fields agree.
 */
export interface Step {
  /** Seed of the run: the first word of every random key. */
  readonly seed: number;
  /** Number of the step, from 0. */
  readonly step: number;
  /** Index in the whole batch of this program's first image. */
  readonly first_image: number;
  /** Learning rate. */
  readonly rate: number;
  /** Two numbers of the optimizer's own; see `Optimizer.factors`. */
  readonly factor0: number;
  readonly factor1: number;
  /** How much of the difference to the weights their running average takes up. */
  readonly average: number;
}

export const STEP_FIELDS = {
  seed: 'u32',
  step: 'u32',
  first_image: 'u32',
  rate: 'f32',
  factor0: 'f32',
  factor1: 'f32',
  average: 'f32',
} as const satisfies Record<keyof Step, 'u32' | 'f32'>;

/** What a caller may say of it. */
export const STEP: Rules<Partial<Step>> = {
  seed: is.seed,
  step: is.seed,
  first_image: is.seed,
  rate: is.number(),
  factor0: is.number(),
  factor1: is.number(),
  average: is.number({ least: 0, most: 1 }),
};

export const INITIAL_STEP: Step = {
  seed: 0,
  step: 0,
  first_image: 0,
  rate: 0,
  factor0: 1,
  factor1: 1,
  average: 1,
};
