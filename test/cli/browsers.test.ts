// What happens when browsers die, with pages that do as they are told.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PageEvent } from '../../src/app/events';
import { BrowserError } from '../../src/cli/browser_find';
import { BrowsersLostError, trainInBrowsers, type TrainingPage } from '../../src/cli/browsers';
import { openCheckpoints } from '../../src/cli/checkpoints';
import { PageError, PageLostError } from '../../src/cli/work_page';
import type { CheckpointStore } from '../../src/io/checkpoint_store';
import { exampleCheckpoint } from '../support/checkpoint';

const RUN = '/runs/first';
const died = new PageLostError('the browser died', 'browser', 'ended', undefined, 'start again');
const crashed = new PageLostError('the page crashed', 'browser', 'the page crashed', 'Page crashed!');
const gpuLost = new PageLostError('the GPU was lost', 'GPU', 'no adapter');

let folder: string;
let checkpoints: CheckpointStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inception-'));
  checkpoints = await openCheckpoints(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a page does until it ends, or fails with what is thrown. */
type Life = (tell: (step: number) => void) => void | Promise<void>;

/** Gets to a step, keeps a checkpoint there if it is told to, and then fails. */
const until =
  (step: number, error: Error, checkpoint = false): Life =>
  async (tell) => {
    tell(step);
    if (checkpoint) await checkpoints.save(exampleCheckpoint(step));
    throw error;
  };
const toTheEnd: Life = (tell) => tell(16);

/** Trains in pages of these lives; one that is an error is a browser that does not start. */
function train(lives: readonly (Life | Error)[], onEvent: Partial<Record<'open' | 'wait', () => void>> = {}) {
  const stop = new AbortController();
  const seen = { waits: [] as number[], said: [] as string[], opened: 0, closed: 0, stopped: 0 };
  const count = (what: 'stopped' | 'closed'): Promise<void> => {
    seen[what]++;
    return Promise.resolve();
  };
  const history = { done: 0 };
  const recorder = {
    history,
    folder: { path: RUN },
    ready: undefined as never,
    say: (sentence: string) => void seen.said.push(sentence),
    onEvent(event: PageEvent) {
      if (event.kind === 'ready') recorder.ready = event.ready as never;
      if (event.kind === 'step') history.done = event.record.step;
    },
  };
  const pageOf = (life: Life): TrainingPage => ({
    async work(_url, onEvent: (event: never) => void) {
      const tell = onEvent as (event: unknown) => void;
      await Promise.resolve();
      await life((step) => {
        if (step > 0) tell({ kind: 'ready', ready: {} });
        tell({ kind: 'step', record: { step } });
      });
    },
    stop: () => count('stopped'),
    close: () => count('closed'),
  });
  const rest = [...lives];
  const open = (): Promise<TrainingPage> => {
    seen.opened++;
    onEvent.open?.();
    const next = rest.shift() ?? toTheEnd;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(pageOf(next));
  };
  const [first] = rest.splice(0, 1) as [Life];
  const result = trainInBrowsers({
    first: pageOf(first),
    open,
    url: 'http://127.0.0.1/',
    recorder,
    checkpoints,
    signal: stop.signal,
    wait: (milliseconds) => {
      seen.waits.push(milliseconds);
      onEvent.wait?.();
      return Promise.resolve();
    },
  });
  return { result, seen, stop };
}

describe('trainInBrowsers', () => {
  it('goes on in new browsers, after longer and longer waits, until one ends', async () => {
    const { result, seen } = train([
      until(5, died, true),
      until(7, crashed),
      until(7, gpuLost),
      until(11, died, true),
      toTheEnd,
    ]);
    expect(await result).toBeDefined();
    expect(seen.said).toEqual([
      'the browser died after step 5; going on from step 5',
      'the page crashed after step 7; going on from step 5',
      'the GPU was lost after step 7; going on from step 5',
      'the browser died after step 11; going on from step 11',
    ]);
    expect(seen).toMatchObject({ waits: [250, 500, 1000, 250], opened: 4, closed: 4, stopped: 0 });
  });

  it('gives up after six in a row, and names the last checkpoint, which is there', async () => {
    const { result, seen } = train([
      until(4, died, true),
      ...Array.from({ length: 9 }, () => until(6, crashed)),
    ]);
    const error = await result.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrowsersLostError);
    const { path } = (await checkpoints.latest())!.file;
    expect(error).toMatchObject({ browsers: 6, checkpoint: path, cause: crashed });
    expect((error as Error).message).toBe(
      'training: 6 browsers in a row came to no further checkpoint; got the page crashed after step 6 (Page crashed!); ' +
        `the checkpoint of step 4 is kept in ${path}; npm start -- --resume ${RUN} goes on from it`,
    );
    expect((await checkpoints.list()).map(({ step }) => step)).toEqual([4]);
    expect(seen).toMatchObject({ waits: [250, 500, 1000, 2000, 4000, 8000], opened: 6, closed: 7 });
  });

  it('says so where there is no checkpoint yet', async () => {
    const { result, seen } = train(Array.from({ length: 9 }, () => until(1, gpuLost)));
    await expect(result).rejects.toThrow(
      'training: 6 browsers in a row came to no further checkpoint; got the GPU was lost after step 1; ' +
        'no checkpoint was written yet: start again, with a smaller --batch or --size',
    );
    expect(seen).toMatchObject({ opened: 5, closed: 6 });
  });

  it('tries again where a new browser does not start', async () => {
    const refused = new BrowserError('/usr/bin/chrome', 'does not start', 'no memory');
    const { result, seen } = train([until(3, died), refused, refused, toTheEnd]);
    expect(await result).toBeDefined();
    expect(seen.said).toEqual([
      'the browser died after step 3; going on from step 0',
      'a new browser did not start after step 3; going on from step 0',
      'a new browser did not start after step 3; going on from step 0',
    ]);
    expect(seen).toMatchObject({ waits: [500, 1000, 2000], opened: 3, closed: 1 });
  });

  it.each([
    ['a page that fails by itself', 3, new PageError('memory', 'too little')],
    ['one that is lost before it was ready', 0, died],
    ['what nobody expected', 3, new TypeError('no such field')],
  ])('does not try again after %s', async (_what, step, error) => {
    const { result, seen } = train([until(step, error)]);
    await expect(result).rejects.toBe(error);
    expect(seen).toMatchObject({ opened: 0, waits: [] });
  });
});

describe('Ctrl-C', () => {
  it('ends the wait for a new browser, and none is opened', async () => {
    const { result, seen, stop } = train([until(3, died)], { wait: () => stop.abort() });
    expect(await result).toBeUndefined();
    expect(seen).toMatchObject({ opened: 0, closed: 1 });
  });

  it('closes a browser that was just being opened', async () => {
    const { result, seen, stop } = train([until(3, died), toTheEnd], { open: () => stop.abort() });
    expect(await result).toBeUndefined();
    expect(seen).toMatchObject({ opened: 1, closed: 2 });
    expect(seen.said).toHaveLength(1);
  });

  it('is no failure where the browser dies after it', async () => {
    const { result, seen, stop } = train([
      (tell) => {
        tell(3);
        stop.abort();
        throw died;
      },
    ]);
    expect(await result).toBeUndefined();
    expect(seen.said).toEqual(['the browser died after step 3']);
    expect(seen).toMatchObject({ opened: 0, waits: [] });
  });

  it('stops a new page once it is ready', async () => {
    const { result, seen, stop } = train([
      until(3, died),
      (tell) => {
        stop.abort();
        tell(4);
      },
    ]);
    expect(await result).toBeDefined();
    expect(seen).toMatchObject({ stopped: 1, closed: 1 });
  });
});
