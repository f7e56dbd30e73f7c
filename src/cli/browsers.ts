// Training outlives the browser.
import { setTimeout as wait } from 'node:timers/promises';
import type { PageEvent } from '../app/events';
import type { CheckpointStore } from '../io/checkpoint_store';
import type { Recorder } from './recorder';
import { PageLostError, type WorkPage } from './work_page';

/** So many browsers in a row may end without a step further than the checkpoint. */
const RETRIES = 5;
/** Milliseconds before the first new browser; each further one waits twice as long. */
const FIRST_WAIT = 250;

export interface BrowsersOptions {
  /** Already open. */
  readonly first: WorkPage;
  readonly open: () => Promise<WorkPage>;
  readonly url: string;
  readonly recorder: Recorder;
  readonly checkpoints: CheckpointStore;
  readonly interrupted: () => boolean;
}

/**
 * Trains in a page, and where it, its browser or its GPU dies, in a new browser from the last checkpoint.
 * @returns the page that came to an end
 * @throws {PageError} if the page fails, or is lost before it was ready, after Ctrl-C, or again and again
 */
export async function trainInBrowsers(options: BrowsersOptions): Promise<WorkPage> {
  const { first, open, url, recorder, checkpoints, interrupted } = options;
  const kept = async (): Promise<number> => (await checkpoints.latest())?.checkpoint.step ?? 0;
  let from = await kept();
  let page = first;
  for (let failures = 0; ;) {
    const current = page;
    try {
      await current.work(url, (event: PageEvent) => {
        recorder.onEvent(event);
        // Ctrl-C came before this page could hear of it.
        if (event.kind === 'ready' && interrupted()) void current.stop();
      });
      return current;
    } catch (error) {
      if (!(error instanceof PageLostError) || !recorder.ready) throw error;
      await current.close();
      const last = await kept();
      failures = last > from ? 1 : failures + 1;
      if (failures > RETRIES || interrupted()) throw error;
      from = last;
      recorder.say(`${error.lost} after step ${recorder.history.done}; going on from step ${from}`);
      await wait(FIRST_WAIT * 2 ** (failures - 1));
      if (interrupted()) throw error;
      page = await open();
    }
  }
}
