import * as optimizers from './index';
import type { AnyOptimizerFunction } from './optimizer';

/** The name of an optimizer of this library. */
export type OptimizerName = keyof typeof optimizers;

/** All optimizers, by name: command line, doctor, benchmark and tests read them here. */
export const OPTIMIZERS: typeof optimizers & Readonly<Record<OptimizerName, AnyOptimizerFunction>> =
  optimizers;
