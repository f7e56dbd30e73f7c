/** Long work in slices: at each `yield`, whoever runs it may let others work, too. The result is the same. */
export type Sliced<T> = Generator<void, T, void>;

/** Runs it at a stretch. */
export function atOnce<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Work that cannot be cut. */
export function* inOnePiece<T>(work: () => T): Sliced<T> {
  yield;
  return work();
}
