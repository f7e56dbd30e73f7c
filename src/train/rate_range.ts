// The learning rate range test: Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3.
import type { Schedule } from './schedule';

/** Rates that a test goes through, evenly on a logarithmic scale, in so many steps. */
export const RANGE = { from: 1e-6, to: 1, steps: 100 } as const;

/** A loss so many times the least ends the test. */
const DIVERGED = 4;

export const rangeRate =
  (steps: number): Schedule =>
  (step) =>
    RANGE.from * (RANGE.to / RANGE.from) ** (step / Math.max(1, steps - 1));

/** Steps to each side whose losses are averaged. */
const reachOf = (steps: number): number => Math.ceil(steps / 20);

/** The mean of each loss and of those around it, as many to both sides: fewer at the ends. */
export function smoothLosses(losses: readonly number[], steps: number): number[] {
  return losses.map((_, at) => {
    const reach = Math.min(reachOf(steps), at, losses.length - 1 - at);
    const around = losses.slice(at - reach, at + reach + 1);
    return around.reduce((a, b) => a + b, 0) / around.length;
  });
}

/** Whether a test has gone too far. @param losses so far */
export function hasDiverged(losses: readonly number[]): boolean {
  return (losses.at(-1) ?? 0) > DIVERGED * Math.min(...losses);
}

/**
 * A tenth of the rate at which the smoothed loss is least, so that there is room on both sides; undefined where the loss does
 * not fall.
 */
export function suggestRate(
  rates: readonly number[],
  losses: readonly number[],
  steps: number,
): number | undefined {
  const reach = reachOf(steps);
  // At the ends a single loss would count for all around it.
  const smooth = smoothLosses(losses, steps).slice(reach, losses.length - reach);
  const at = smooth.indexOf(Math.min(...smooth));
  return at > 0 ? (rates[at + reach] ?? NaN) / 10 : undefined;
}
