import { requireNumber, requireObject, requireWhole } from '../core/check';
import { requireKnown } from '../core/options';
import { ValueError } from '../core/errors';
import type { Settings } from './optimizer';

/** A running average of the weights, for evaluation and export. */
export interface Average {
  readonly name: string;
  readonly settings: Settings;
  /** How much of the difference to the weights the average takes up in a step, counted from 0; 1 copies them. */
  readonly factor: (step: number) => number;
}

interface From {
  /** The first step that counts; until it the average is the weights themselves. Default 0. */
  readonly from?: number;
}

const checked = (name: string, options: object, names: readonly string[], from: unknown): void => {
  requireObject(name, 'its options', options);
  requireKnown(name, options, names);
  requireWhole(name, 'from', from, 0);
};

/** The mean of the weights after each step, as Szegedy et al. took it (section 6, after Polyak and Juditsky 1992). */
export function equalAverage({ from = 0, ...rest }: From = {}): Average {
  checked('equalAverage', rest, [], from);
  return {
    name: 'equal',
    settings: { from },
    factor: (step) => (step <= from ? 1 : 1 / (step - from + 1)),
  };
}

/** a = decay * a + (1 - decay) * w after each step, beginning with the weights. Default: a decay of 0.999. */
export function exponentialAverage({
  decay = 0.999,
  from = 0,
  ...rest
}: From & { readonly decay?: number } = {}): Average {
  checked('exponentialAverage', rest, [], from);
  requireNumber('exponentialAverage', 'decay', decay, 0);
  if (decay >= 1) throw new ValueError('exponentialAverage', 'decay must be below 1', `${decay}`);
  return {
    name: 'exponential',
    settings: { decay, from },
    factor: (step) => (step <= from ? 1 : 1 - decay),
  };
}
