import { requireWhole } from '../core/check';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';

/** Learning rate of each step, counted from 0. */
export type Schedule = (step: number) => number;

export const DECAYS = ['none', 'linear', 'cosine', 'polynomial', 'step', 'one-cycle'] as const;

/** How a learning rate rises, and falls. */
export interface WarmupOptions {
  readonly rate: number;
  /** Default 0: none; with `one-cycle` 0.3 of all steps. */
  readonly warmup?: number;
  /** Needed unless `decay` is `none` or `step`. */
  readonly steps?: number;
  /** Default `none`. */
  readonly decay?: (typeof DECAYS)[number];
  /** Of `polynomial`. Default 0.5, as Caffe trained GoogLeNet. */
  readonly power?: number;
  /** Steps after which `step` takes the rate times `factor`; needed there. */
  readonly every?: number;
  /** Of `step`. Default 0.96, the paper's 4 %, which it takes off every 8 epochs. */
  readonly factor?: number;
}

const OPTIONS: Rules<WarmupOptions> = {
  rate: is.needed(is.number({ least: 0 })),
  warmup: is.whole(0),
  steps: is.whole(1),
  decay: is.oneOf(...DECAYS),
  power: is.number({ above: 0 }),
  every: is.whole(1),
  factor: is.number({ least: 0 }),
};

/** PyTorch's div_factor and final_div_factor: where one cycle begins, as a share of the rate, and ends, of its beginning. */
const ONE_CYCLE = { begin: 1 / 25, end: 1e-4 };

/**
 * Rises linearly from `rate / warmup` to `rate` over `warmup` steps, then stays, or falls to 0 at `steps`: in a straight
 * line, along half a cosine (Loshchilov and Hutter, SGDR, equation 5, one period), or as rate * (1 - progress)^power, Caffe's
 * `poly`. `step` takes it times `factor` every so many steps. `one-cycle` rises along half a cosine from rate / 25 to `rate`,
 * over `warmup` steps, and falls along another to rate / 250,000 (Smith and Topin 2017; PyTorch's `OneCycleLR`, whose
 * momentum is not changed here).
 * @throws {ValueError} for numbers that make no sense, or `steps` or `every` missing where the rate needs it
 */
export function warmup(options: WarmupOptions): Schedule {
  checkOptions('warmup', options, OPTIONS);
  const { rate, steps = Infinity, decay = 'none', power = 0.5, every = Infinity, factor = 0.96 } = options;
  if (decay === 'step') requireWhole('warmup', 'every', every, 1);
  else if (decay !== 'none') requireWhole('warmup', 'steps', steps, 1);
  const { warmup = decay === 'one-cycle' ? Math.round(0.3 * steps) : 0 } = options;
  if (decay === 'one-cycle') return oneCycle(rate, warmup, steps);
  return (step) => {
    if (step < warmup) return (rate * (step + 1)) / warmup;
    const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    if (decay === 'linear') return rate * (1 - progress);
    if (decay === 'polynomial') return rate * (1 - progress) ** power;
    if (decay === 'step') return rate * factor ** Math.floor((step - warmup) / every);
    return decay === 'cosine' ? between(rate, 0, progress) : rate;
  };
}

/** At the share `progress` of half a cosine from one number to another. */
const between = (from: number, to: number, progress: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;

function oneCycle(rate: number, rise: number, steps: number): Schedule {
  const begin = rate * ONE_CYCLE.begin;
  const top = Math.max(0, rise - 1);
  return (step) =>
    step < top
      ? between(begin, rate, step / top)
      : between(rate, begin * ONE_CYCLE.end, Math.min(1, (step - top) / Math.max(1, steps - 1 - top)));
}
