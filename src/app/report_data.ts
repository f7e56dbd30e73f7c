import type { Evaluation, HeadName } from './events';

/** What a report holds as JSON, for its script. */
export interface ReportData {
  readonly steps: readonly number[];
  readonly losses: Readonly<Record<HeadName, readonly number[]>>;
  readonly evaluation?: Evaluation;
}
