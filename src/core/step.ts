/**
 * What changes from step to step, in one small uniform named `step` that every program owns. A shader that
 * declares `var<uniform> step: Step` repeats this struct; the runtime checks that the fields agree.
 */
export interface Step {
  /** Seed of the run: the first word of every random key. */
  readonly seed: number;
  /** Number of the step, from 0. */
  readonly step: number;
  /** Index in the whole batch of this program's first picture. */
  readonly first_picture: number;
  /** Learning rate. */
  readonly rate: number;
  /** 1 / (1 - beta1^t) and 1 / (1 - beta2^t) of Adam, t counted from 1. */
  readonly correction1: number;
  readonly correction2: number;
}

export const STEP_FIELDS = {
  seed: 'u32',
  step: 'u32',
  first_picture: 'u32',
  rate: 'f32',
  correction1: 'f32',
  correction2: 'f32',
} as const satisfies Record<keyof Step, 'u32' | 'f32'>;

export const INITIAL_STEP: Step = {
  seed: 0,
  step: 0,
  first_picture: 0,
  rate: 0,
  correction1: 1,
  correction2: 1,
};
