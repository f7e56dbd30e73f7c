import { requireNumber, requireObject, requireOneOf, requireWhole } from '../core/check';

/** Learning rate of each step, counted from 0. */
export type Schedule = (step: number) => number;

/**
 * Rises linearly from `rate / warmup` to `rate` over `warmup` steps, then stays, or falls to 0 at `steps` in a
 * straight line or along half a cosine (Loshchilov and Hutter, SGDR, equation 5, one period).
 * @throws {ValueError} for numbers that make no sense, or `steps` missing where the rate decays
 */
export function warmup(options: {
  readonly rate: number;
  /** Default 0: none. */
  readonly warmup?: number;
  /** Needed unless `decay` is `none`. */
  readonly steps?: number;
  readonly decay?: 'none' | 'linear' | 'cosine';
}): Schedule {
  requireObject('warmup', 'its options', options);
  const { rate, warmup = 0, steps = Infinity, decay = 'none' } = options;
  requireNumber('warmup', 'rate', rate, 0);
  requireWhole('warmup', 'warmup', warmup, 0);
  requireOneOf('warmup', 'decay', decay, ['none', 'linear', 'cosine']);
  if (decay !== 'none' || steps !== Infinity) requireWhole('warmup', 'steps', steps, 1);
  return (step) => {
    if (step < warmup) return (rate * (step + 1)) / warmup;
    const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    if (decay === 'linear') return rate * (1 - progress);
    return decay === 'cosine' ? (rate * (1 + Math.cos(Math.PI * progress))) / 2 : rate;
  };
}
