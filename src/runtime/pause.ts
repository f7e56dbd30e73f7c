import type { Sliced } from '../core/slices';

/** Milliseconds that work may keep a page busy at a stretch: a frame of a display is 16. */
const STRETCH = 10;

/** Lets the page draw and answer its user. Unlike timers, which browsers hold up, it costs next to nothing. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      // Node would wait for an open port.
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Pauses where that is due: `await pauses.due()` between pieces of work. */
export class Pauses {
  #since = performance.now();

  async due(): Promise<void> {
    if (performance.now() - this.#since < STRETCH) return;
    await pause();
    this.#since = performance.now();
  }
}

/** Runs work in slices, with pauses wherever it has kept the page busy for long. */
export async function withPauses<T>(work: Sliced<T>, pauses = new Pauses()): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await pauses.due();
  }
}
