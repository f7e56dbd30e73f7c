/** What a reference knows of an update besides the number and its gradient. */
export interface ReferenceStep {
  readonly rate: number;
  /** Factor on the weight decay. */
  readonly decayScale: number;
  /** 1 in the first step. */
  readonly count: number;
}

/** The cases of an optimizer, src/optim/cases/<name>.ts: tests and doctor run them, whatever there is. */
export interface OptimizerCases<S> {
  /** A number w and its slots as they become, in float64: the definition. */
  readonly reference: (
    w: number,
    dw: number,
    slots: readonly number[],
    step: ReferenceStep,
    settings: S,
  ) => readonly [w: number, ...slots: number[]];
  /** By name; the first is what the optimizer is without settings. */
  readonly cases: Readonly<Record<string, { readonly settings: Partial<S>; readonly rate: number }>>;
  /** What PyTorch makes of seven numbers in three steps: test/fixtures/print_optimizer.py prints it. */
  readonly pytorch: readonly {
    readonly call: string;
    readonly settings: Partial<S>;
    readonly rate: number;
    readonly w: readonly number[];
  }[];
  /** Settings that must be refused. */
  readonly refused: readonly Readonly<Record<string, unknown>>[];
}
