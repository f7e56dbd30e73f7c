// Checkpoints in the browser's own files: in a browser of their own, whose pages are reloaded, crashed and killed.
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowserCheckpoints } from '../../src/io/browser_checkpoints';
import type {
  attemptAll,
  filesOf,
  junkNames,
  keep,
  leave,
  refused,
  runs,
  saveWithoutEnd,
  setSize,
} from '../support/jobs/browser_checkpoints';
import { OwnBrowser, type Tab } from '../support/own_browser';

const browser = new OwnBrowser();
let tab: Tab;
beforeAll(async () => {
  tab = await browser.tab();
});
afterAll(() => browser.close());

const nameOf = (step: number) => `step-${`${step}`.padStart(10, '0')}.safetensors`;
const PATH = 'inception-webgpu/checkpoints';
const CLOSED = 'ValueError: inception-webgpu/checkpoints/closed: was closed; open it again';

describe('checkpoints in the browser', () => {
  it('are the last few of a run, also after a reload', async () => {
    const run = 'some run, ä';
    const first = await tab.call<typeof keep>('keep', { run, keep: 2, steps: [0, 9, 100, 10] });
    expect(first).toEqual({ errors: [], steps: [9, 10], latest: 10, skipped: [] });
    await tab.reload();
    expect(await tab.call<typeof keep>('keep', { run })).toEqual(first);
    expect(Object.keys(await tab.call<typeof filesOf>('filesOf', { run })).sort()).toEqual(
      [9, 10].map(nameOf),
    );
    expect(await tab.call<typeof runs>('runs', null)).toEqual([run]);
    await tab.call<typeof leave>('leave', { run, clear: true });
    expect(await tab.call<typeof runs>('runs', null)).toEqual([]);
  });

  it('that are damaged are passed over, and told of', async () => {
    const run = 'damaged';
    await tab.call<typeof keep>('keep', { run, steps: [1, 2, 3] });
    await tab.call<typeof setSize>('setSize', { run, name: nameOf(3), size: 300 });
    await tab.reload();
    const { latest, steps, skipped } = await tab.call<typeof keep>('keep', { run });
    expect({ latest, steps }).toEqual({ latest: 2, steps: [1, 2, 3] });
    expect(skipped).toEqual([expect.stringContaining(`${PATH}/damaged/${nameOf(3)}: the header of `)]);
    await tab.call<typeof leave>('leave', { run, clear: true });
  });

  it('say so once they are closed, which may be twice; then they can be opened again', async () => {
    const run = 'closed';
    await tab.call<typeof keep>('keep', { run, steps: [7] });
    expect(await tab.call<typeof leave>('leave', { run })).toEqual({ list: CLOSED, save: CLOSED });
    expect(await tab.call<typeof keep>('keep', { run })).toMatchObject({ latest: 7 });
    await tab.call<typeof leave>('leave', { run, clear: true });
  });

  it('are as they were where the browser gives no more room', async () => {
    const run = 'full';
    await tab.call<typeof keep>('keep', { run, keep: 1, steps: [1] });
    const session = await tab.session();
    const { origin } = new URL(tab.page.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1e6 });
    const { errors, ...rest } = await tab.call<typeof keep>('keep', { run, steps: [2, 3], large: true });
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    expect(errors.length).toBe(2);
    expect(errors[1]).toMatch(
      `StorageError: ${PATH}/full/${nameOf(3)}: the browser gives no more room; got QuotaExceededError: `,
    );
    expect(errors[1]).toMatch(/; keep fewer checkpoints, or free space; what was there is as it was$/);
    expect(rest).toEqual({ steps: [1], latest: 1, skipped: [] });
    expect(Object.keys(await tab.call<typeof filesOf>('filesOf', { run }))).toEqual([nameOf(1)]);
    const after = await tab.call<typeof keep>('keep', { run, steps: [2], large: true });
    expect(after).toMatchObject({ errors: [], steps: [2] });
    await tab.call<typeof leave>('leave', { run, clear: true });
  });

  it('say what is wrong where the browser has deleted them, and can be opened anew', async () => {
    const run = 'deleted';
    await tab.call<typeof keep>('keep', { run, steps: [1] });
    const session = await tab.session();
    const { origin } = new URL(tab.page.url());
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'file_systems' });
    const said = await tab.call<typeof attemptAll>('attemptAll', { run });
    expect(Object.keys(said)).toEqual(['save', 'list', 'latest', 'clear']);
    for (const message of Object.values(said)) {
      expect(message).toMatch(
        /^StorageError: inception-webgpu.checkpoints.deleted.*: cannot be used; got NotFoundError: .*; reload the page: /,
      );
    }
    await tab.call<typeof leave>('leave', { run });
    expect(await tab.call<typeof keep>('keep', { run, steps: [2] })).toMatchObject({
      errors: [],
      steps: [2],
    });
    await tab.call<typeof leave>('leave', { run, clear: true });
  });

  it.each([
    ['a/b', 'the name of a run has no slashes, and is not . or ..; got a/b'],
    ['..', 'the name of a run has no slashes, and is not . or ..; got ..'],
    ['a\\b', 'the name of a run has no slashes, and is not . or ..; got a\\b'],
    ['', 'the name of the run must be a string that is not empty; got ""'],
  ])('refuse the name %j', async (run, message) => {
    expect(await tab.call<typeof refused>('refused', { run })).toBe(`ValueError: checkpoints: ${message}`);
  });

  it('refuse what makes no sense, and nothing else', async () => {
    expect(await tab.call<typeof junkNames>('junkNames', null)).toEqual([
      'run text',
      'options undefined',
      'options empty object',
      'keep undefined',
    ]);
  });

  it('need a browser that lets the page keep files', async () => {
    const advice = /; serve the page over https or from localhost, outside private windows, to Chrome /;
    const denied = await tab.call<typeof refused>('refused', { run: 'denied', denied: true });
    expect(denied).toMatch(
      /^StorageError: files in the browser: cannot be kept here; got SecurityError: it is /,
    );
    expect(denied).toMatch(advice);
    // Node has no such files, as pages that are not secure.
    const here = openBrowserCheckpoints('here');
    await expect(here).rejects.toThrow(/^files in the browser: cannot be kept here; got no getDirectory, /);
    await expect(here).rejects.toThrow(advice);
    await expect(here).rejects.toMatchObject({ name: 'StorageError', reason: 'missing' });
  });
});

/** Has a page save one checkpoint after the other, and gives it once it has begun on the third. */
async function saving(run: string, from: number): Promise<Tab> {
  const victim = await browser.tab();
  // It ends with its page.
  victim.call<typeof saveWithoutEnd>('saveWithoutEnd', { run, from }).catch(() => undefined);
  const begun = (step: number) => Number(/\d+/.exec(document.title)) >= step;
  await victim.page.waitForFunction(begun, { polling: 2 }, from + 2);
  return victim;
}

/** What was being written: an empty file, or Chrome's file beside it. */
async function unfinishedOf(run: string): Promise<string[]> {
  const files = Object.entries(await tab.call<typeof filesOf>('filesOf', { run }));
  return files.flatMap(([name, size]) => (size === 0 || name.endsWith('.crswap') ? [name] : []));
}

describe('the last whole checkpoint is there, and nothing half-written,', () => {
  it('when an earlier page left files behind', async () => {
    const run = 'left';
    await tab.call<typeof keep>('keep', { run, steps: [1, 2] });
    await tab.call<typeof leave>('leave', { run });
    for (const [name, size] of [
      [nameOf(3), 0],
      ['other.txt', 5],
    ] as const)
      await tab.call<typeof setSize>('setSize', { run, name, size });
    expect(await tab.call<typeof keep>('keep', { run })).toMatchObject({ steps: [1, 2], skipped: [] });
    const files = await tab.call<typeof filesOf>('filesOf', { run });
    expect(Object.keys(files).sort()).toEqual([1, 2].map(nameOf));
    await tab.call<typeof leave>('leave', { run, clear: true });
  });

  it('when the page is killed while it writes', async () => {
    const run = 'killed';
    let unfinished = 0;
    for (const [index, milliseconds] of [0, 2, 4, 8].entries()) {
      const from = 10 * index + 1;
      const victim = await saving(run, from);
      await wait(milliseconds);
      await victim.crash();
      await victim.page.close();
      unfinished += (await unfinishedOf(run)).length > 0 ? 1 : 0;
      const { latest, steps, skipped } = await tab.call<typeof keep>('keep', { run, keep: 2 });
      expect(skipped).toEqual([]);
      expect(latest).toBeGreaterThanOrEqual(from + 1);
      expect(steps).toContain(latest);
      expect(await unfinishedOf(run)).toEqual([]);
      await tab.call<typeof leave>('leave', { run });
    }
    console.log(`4 pages killed, ${unfinished} of them with a file half-written`);
  });

  it('when the whole browser is killed while it writes', async () => {
    const run = 'browser';
    await saving(run, 1);
    await browser.kill();
    tab = await browser.tab();
    console.log(`browser killed; half-written: ${(await unfinishedOf(run)).join(', ') || 'nothing'}`);
    const { latest, skipped } = await tab.call<typeof keep>('keep', { run, keep: 2 });
    expect(skipped).toEqual([]);
    expect(latest).toBeGreaterThanOrEqual(2);
    expect(await unfinishedOf(run)).toEqual([]);
  });
});
