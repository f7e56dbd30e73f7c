/** When held-out pictures judge a run, and what then ends it. */
export interface JudgingOptions {
  /** Share of the time that judging may take, below 1; 0: only at the end. */
  readonly share: number;
  /** Accuracy, above 0 up to 1, that is enough. */
  readonly until?: number | undefined;
  /** The run ends after so many judgements in a row that were not the best. The best weights are then kept. */
  readonly patience?: number | undefined;
}
