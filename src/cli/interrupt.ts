/** npm passes on the signal that the terminal has sent already: what follows so soon is the same Ctrl-C. */
const ECHO = 500;

/**
 * Calls `first` at the first Ctrl-C, SIGTERM or SIGHUP, or where npm is gone that started this process; `second` at the
 * next Ctrl-C or SIGTERM.
 * @returns gives the signals back
 */
export function onInterrupt(first: () => void, second: () => void): () => void {
  let before: number | undefined;
  const gone = (): void => {
    if (before !== undefined) return;
    before = performance.now();
    first();
  };
  const listener = (): void => {
    if (before === undefined) gone();
    else if (performance.now() - before > ECHO) second();
  };
  const listeners = { SIGINT: listener, SIGTERM: listener, SIGHUP: gone };
  for (const [signal, heard] of Object.entries(listeners)) process.on(signal, heard);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env['npm_lifecycle_event'] !== undefined && process.ppid !== parent) gone();
  }, ECHO).unref();
  return () => {
    for (const [signal, heard] of Object.entries(listeners)) process.off(signal, heard);
    clearInterval(watch);
  };
}
