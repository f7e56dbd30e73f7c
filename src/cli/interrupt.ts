/** npm passes on the signal that the terminal has sent already: what follows so soon is the same Ctrl-C. */
const ECHO = 500;

/**
 * Calls `first` at the first Ctrl-C (or SIGTERM), `second` at the next.
 * @returns gives the signals back
 */
export function onInterrupt(first: () => void, second: () => void): () => void {
  let before: number | undefined;
  const listener = (): void => {
    const now = performance.now();
    if (before === undefined) first();
    else if (now - before > ECHO) second();
    before ??= now;
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
