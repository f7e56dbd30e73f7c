// A learning rate range test, on losses that are made up.
import { expect, it } from 'vitest';
import { rateChart, shortRate } from '../../src/cli/rate_chart';
import { hasDiverged, rangeRate, smoothLosses, suggestRate } from '../../src/train/rate_range';

const STEPS = 101;
const rates = Array.from({ length: STEPS }, (_, step) => rangeRate(STEPS)(step));
/** Falls until a rate of 0.01, then grows; with noise of two steps. */
const losses = rates.map((rate, at) => 2 + Math.abs(Math.log10(rate) + 2) / 4 + (at % 2) / 10);

it('rises evenly on a logarithmic scale', () => {
  expect([0, 50, 100].map((step) => Number(rates[step]?.toPrecision(9)))).toEqual([1e-6, 1e-3, 1]);
  expect(rangeRate(1)(0)).toBe(1e-6);
});

it('suggests a tenth of where the smoothed loss is least, if it falls at all', () => {
  expect(Math.log10(suggestRate(rates, losses, STEPS) ?? NaN)).toBeCloseTo(-3, 1);
  expect(suggestRate(rates, rates, STEPS)).toBeUndefined();
  expect(suggestRate([], [], STEPS)).toBeUndefined();
});

it('smooths a straight line to itself, up to its ends', () => {
  const line = Array.from({ length: 30 }, (_, at) => 3 * at);
  smoothLosses(line, 100).forEach((loss, at) => expect(loss).toBeCloseTo(3 * at, 12));
});

it('ends at four times the least loss', () => {
  expect([[], [2], [2, 1, 4], [2, 1, 4.1]].map(hasDiverged)).toEqual([false, false, false, true]);
});

it('draws curves, and the rate that is suggested', () => {
  const chart = rateChart({ rates, losses, steps: STEPS, suggested: 0.001 });
  expect(chart).toContain('suggested rate 0.001: a tenth of where the smoothed loss is least');
  // Half of the width, as 0.001 is on the scale.
  expect(chart).toContain('<line class="mark" x1="382" x2="382"');
  expect(chart).not.toMatch(/NaN|undefined|Infinity/);
  expect(rateChart({ rates: [], losses: [], steps: 1, suggested: undefined })).not.toMatch(/NaN|Infinity/);
  expect([1e-6, 2.8e-5, 0.0032, 1].map(shortRate)).toEqual(['1e-6', '2.8e-5', '0.0032', '1']);
});
