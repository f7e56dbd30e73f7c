import type { HeadName } from './events';

/** What a report holds as JSON, for its script. */
export interface ReportData {
  readonly steps: readonly number[];
  readonly losses: Readonly<Record<HeadName, readonly number[]>>;
  readonly evaluation?: {
    readonly labels: readonly number[];
    readonly guesses: readonly number[];
    readonly probabilities: readonly number[];
    /** How many of the digits are shown; their images follow. */
    readonly shown: number;
    /** Grey values in base 64. */
    readonly images: string;
    /** Of one image, in pixels. */
    readonly width: number;
  };
}
