// Training outlives the browser.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PageEvent } from '../app/events';
import type { CheckpointFile, CheckpointStore } from '../io/checkpoint_store';
import { BrowserError } from './browser_find';
import type { Recorder } from './recorder';
import { resumeCommand } from './shell';
import { PageError, PageLostError, type WorkPage } from './work_page';

/** With so many browsers in a row that came to no further checkpoint, training ends. */
const MOST = 6;
/** Milliseconds before a new browser; each in a row that came to no further checkpoint doubles it. */
const WAIT = 250;

/** One browser after the other has died, or did not start, without a further checkpoint. */
export class BrowsersLostError extends PageError {
  constructor(
    /** How many in a row. */
    readonly browsers: number,
    /** The last checkpoint's file, which is whole; undefined where none was written. */
    readonly checkpoint: string | undefined,
    got: string,
    advice: string,
    options: ErrorOptions,
  ) {
    super('training', `${browsers} browsers in a row came to no further checkpoint`, got, advice, options);
  }
}

/** What is needed of a page. */
export type TrainingPage = Pick<WorkPage, 'work' | 'stop' | 'close'>;

export interface BrowsersOptions<Page extends TrainingPage> {
  /** Already open. */
  readonly first: Page;
  readonly open: () => Promise<Page>;
  readonly url: string;
  readonly recorder: Pick<Recorder, 'onEvent' | 'ready' | 'say'> & {
    readonly history: { readonly done: number };
    readonly folder: { readonly path: string };
  };
  readonly checkpoints: Pick<CheckpointStore, 'latest'>;
  /** Ctrl-C: whoever sends it stops the page that is at work. */
  readonly signal: AbortSignal;
  /** For tests. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Trains in a page, and where it, its browser or its GPU dies, in a new browser from the last checkpoint.
 * @returns the page that came to an end; undefined if Ctrl-C came where there was none
 * @throws {BrowsersLostError} after six browsers in a row without a further checkpoint
 * @throws {PageError} if the page fails, or is lost before the first was ready
 */
export async function trainInBrowsers<Page extends TrainingPage>(
  options: BrowsersOptions<Page>,
): Promise<Page | undefined> {
  const { first, open, url, recorder, checkpoints, signal, wait = pause } = options;
  const interrupted = (): boolean => signal.aborted;
  let from = (await checkpoints.latest())?.file.step ?? 0;
  let page: Page | undefined = first;
  for (let failures = 0; ;) {
    try {
      page ??= await open();
      // Where Ctrl-C came meanwhile, there is no page at work that could hear of it.
      if (page !== first && interrupted()) {
        await page.close();
        return undefined;
      }
      const mine = page;
      await mine.work(url, (event: PageEvent) => {
        recorder.onEvent(event);
        // Ctrl-C came before this page could hear of it.
        if (event.kind === 'ready' && signal.aborted) mine.stop().catch(() => undefined);
      });
      return page;
    } catch (error) {
      if (!recorder.ready || !(error instanceof PageLostError || error instanceof BrowserError)) throw error;
      await page?.close();
      page = undefined;
      const kept = (await checkpoints.latest())?.file;
      const step = kept?.step ?? 0;
      failures = step > from ? 0 : failures + 1;
      from = step;
      const lost = error instanceof PageLostError ? error.lost : 'a new browser did not start';
      const what = `${lost} after step ${recorder.history.done}`;
      if (interrupted()) {
        recorder.say(what);
        return undefined;
      }
      if (failures === MOST) throw givenUp(failures, what, error, kept, recorder.folder.path);
      recorder.say(`${what}; going on from step ${from}`);
      await wait(WAIT * 2 ** failures, signal);
      if (interrupted()) return undefined;
    }
  }
}

function givenUp(
  failures: number,
  what: string,
  cause: PageLostError | BrowserError,
  file: CheckpointFile | undefined,
  run: string,
): BrowsersLostError {
  const advice = file
    ? `the checkpoint of step ${file.step} is kept in ${file.path}; ${resumeCommand(run)} goes on from it`
    : 'no checkpoint was written yet: start again, with a smaller --batch or --size';
  const got = cause.got === undefined ? what : `${what} (${cause.got})`;
  return new BrowsersLostError(failures, file?.path, got, advice, { cause });
}

/** Ends early, and without complaint, when the signal comes. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
