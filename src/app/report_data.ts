import type { Evaluation, HeadName, Judged } from './events';

/** What a report holds as JSON, for its script. */
export interface ReportData {
  readonly steps: readonly number[];
  readonly losses: Readonly<Record<HeadName, readonly number[]>>;
  /** While it trained. */
  readonly judged: readonly Judged[];
  readonly evaluation?: Evaluation;
}
