import { requireWhole } from '../core/check';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';

/** Learning rate of each step, counted from 0. */
export type Schedule = (step: number) => number;

/** How a learning rate rises, and falls. */
export interface WarmupOptions {
  readonly rate: number;
  /** Default 0: none. */
  readonly warmup?: number;
  /** Needed unless `decay` is `none`. */
  readonly steps?: number;
  readonly decay?: 'none' | 'linear' | 'cosine';
}

const OPTIONS: Rules<WarmupOptions> = {
  rate: is.needed(is.number({ least: 0 })),
  warmup: is.whole(0),
  steps: is.whole(1),
  decay: is.oneOf('none', 'linear', 'cosine'),
};

/**
 * Rises linearly from `rate / warmup` to `rate` over `warmup` steps, then stays, or falls to 0 at `steps` in a
 * straight line or along half a cosine (Loshchilov and Hutter, SGDR, equation 5, one period).
 * @throws {ValueError} for numbers that make no sense, or `steps` missing where the rate decays
 */
export function warmup(options: WarmupOptions): Schedule {
  checkOptions('warmup', options, OPTIONS);
  const { rate, warmup = 0, steps = Infinity, decay = 'none' } = options;
  if (decay !== 'none' || steps !== Infinity) requireWhole('warmup', 'steps', steps, 1);
  return (step) => {
    if (step < warmup) return (rate * (step + 1)) / warmup;
    const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    if (decay === 'linear') return rate * (1 - progress);
    return decay === 'cosine' ? (rate * (1 + Math.cos(Math.PI * progress))) / 2 : rate;
  };
}
