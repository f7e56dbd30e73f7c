import { adam, adamw } from './adam';
import type { AnyOptimizerFunction } from './optimizer';
import { sgd } from './sgd';

/** All optimizers, by name: command line, doctor, benchmark and tests read them here. */
export const OPTIMIZERS = {
  adam,
  adamw,
  sgd,
} as const satisfies Readonly<Record<string, AnyOptimizerFunction>>;

export type OptimizerName = keyof typeof OPTIMIZERS;
