import type { Host } from './work_page';

/**
 * A host in this process, on Dawn, which keeps the process alive: end that by `process.exit`.
 * @param dawn version of the package `webgpu`
 * @param work ends early once the signal fires
 */
export function inProcess(
  dawn: string,
  work: (onEvent: (event: never) => void, signal: AbortSignal) => Promise<void>,
): Host {
  const controller = new AbortController();
  const stop = (): Promise<void> => {
    controller.abort();
    return Promise.resolve();
  };
  return {
    version: `Dawn in Node (webgpu ${dawn})`,
    work: (_url, onEvent) => work(onEvent, controller.signal),
    stop,
    close: stop,
    closed: () => Promise.resolve(),
  };
}
