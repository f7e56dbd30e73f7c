import type { Evaluation, Judged } from './events';
import { LossHistory, type Curves } from './history';

/** What a report holds as JSON, for its script. */
export interface ReportData {
  readonly curves: Curves;
  /** While it trained. */
  readonly judged: readonly Judged[];
  readonly evaluation?: Evaluation;
}

/** Points of a curve in a page: more cannot be told apart, and would take long to draw. The log has each step. */
const POINTS = 1500;

/** The curves of a run, smoothed over all of its steps, with as many points as a page needs. */
export function thinned(history: Curves): Curves {
  const { length } = history.steps;
  const count = Math.min(length, POINTS);
  const places = Array.from({ length: count }, (_, at) => Math.ceil(((at + 1) * length) / count) - 1);
  const of = (values: readonly number[]): number[] =>
    places.map((place) => Number((values[place] ?? NaN).toPrecision(5)));
  const heads = ({ main, aux1, aux2 }: Curves['raw']): Curves['raw'] => ({
    ...{ main: of(main), aux1: of(aux1), aux2: of(aux2) },
  });
  const { steps, raw, smooth, rates, speeds } = history;
  return {
    steps: places.map((place) => steps[place] ?? NaN),
    raw: heads(raw),
    smooth: heads(smooth),
    rates: of(rates),
    speeds: of(speeds),
  };
}

/** The history that a log tells. */
export function historyOf(
  lines: readonly { step: number; rate: number; main: number; aux1: number; aux2: number; seconds: number }[],
): LossHistory {
  const history = new LossHistory();
  for (const { step, rate, seconds, main, aux1, aux2 } of lines)
    history.add({ step, rate, losses: { main, aux1, aux2 }, seconds });
  return history;
}
