import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { Settings } from './optimizer';

/** A running average of the weights, for evaluation and export. */
export interface Average {
  readonly name: string;
  readonly settings: Settings;
  /** How much of the difference to the weights the average takes up in a step, counted from 0; 1 copies them. */
  readonly factor: (step: number) => number;
}

/** When an average begins. */
export interface AverageFrom {
  /** The first step that counts; until it the average is the weights themselves. Default 0. */
  readonly from?: number;
}

/** Settings of `exponentialAverage`. */
export interface AverageDecay extends AverageFrom {
  readonly decay?: number;
}

const FROM: Rules<AverageFrom> = { from: is.whole(0) };
const EXPONENTIAL: Rules<AverageDecay> = { ...FROM, decay: is.number({ least: 0, below: 1 }) };

/**
 * The mean of the weights after each step, as Szegedy et al. took it (section 6, after Polyak and Juditsky 1992).
 * @throws {ValueError} unless `from` is a whole number
 */
export function equalAverage(options: AverageFrom = {}): Average {
  checkOptions('equalAverage', options, FROM);
  const { from = 0 } = options;
  return {
    name: 'equal',
    settings: { from },
    factor: (step) => (step <= from ? 1 : 1 / (step - from + 1)),
  };
}

/**
 * a = decay * a + (1 - decay) * w after each step, beginning with the weights. Default: a decay of 0.999.
 * @throws {ValueError} unless `decay` is a number from 0 and below 1, and `from` a whole number
 */
export function exponentialAverage(options: AverageDecay = {}): Average {
  checkOptions('exponentialAverage', options, EXPONENTIAL);
  const { decay = 0.999, from = 0 } = options;
  return {
    name: 'exponential',
    settings: { decay, from },
    factor: (step) => (step <= from ? 1 : 1 - decay),
  };
}
