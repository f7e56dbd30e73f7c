// What a range test found.
import { suggestRate } from '../train/rate_range';
import { rateChart, shortRate } from './rate_chart';
import type { Recorder } from './recorder';
import { readLog } from './run_log';

/** Draws what the log has of a test into the run's folder, and gives the rate to take, if there is one. */
export async function keepRates({ folder, history, ready, writing }: Recorder): Promise<number | undefined> {
  const log = readLog(folder.logged, history.done);
  const [rates, losses] = [log.map(({ rate }) => rate), log.map(({ total }) => total)];
  const steps = ready?.settings.steps ?? log.length;
  const suggested = suggestRate(rates, losses, steps);
  await writing.keep('rates.svg', () =>
    folder.write('rates.svg', rateChart({ rates, losses, steps, suggested })),
  );
  return suggested;
}

/** In a sentence. */
export const rateNote = (rate: number | undefined): string =>
  rate === undefined
    ? 'no rate can be suggested: the loss did not fall; give more --steps, or another --optimizer'
    : `suggested: --rate ${shortRate(rate)}, a tenth of the rate at which the smoothed loss is least`;
