// Runs that outlive their page, and tabs that train at once: the same bits as one page that is left alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { keep, leave, refused, runs } from '../support/jobs/browser_checkpoints';
import type { trainInBrowser, trainReliablyInBrowser, tuneInBrowser } from '../support/jobs/browser_training';
import { OwnBrowser, type Tab } from '../support/own_browser';
import type { Setup } from '../support/resumable';

const SETUPS: readonly Setup[] = [
  { optimizer: 'sgd', microBatches: 2, dropout: 0.5 },
  { optimizer: 'adam', microBatches: 4, dropout: 0.5 },
];
const [BEFORE, AFTER] = [3, 4];

const browser = new OwnBrowser();
let tabs: readonly [Tab, Tab];
/** Of each setup, all steps in one page that nobody else disturbs. */
let alone: readonly Awaited<ReturnType<typeof train>>[];

const train = (tab: Tab, run: string, setup: Setup, steps: number) =>
  tab.call<typeof trainInBrowser>('trainInBrowser', { run, setup, steps });
const empty = (tab: Tab, run: string) => tab.call<typeof leave>('leave', { run, clear: true });

beforeAll(async () => {
  const first = await browser.tab();
  const found = [];
  for (const setup of SETUPS)
    found.push(await train(first, `alone ${setup.optimizer}`, setup, BEFORE + AFTER));
  alone = found;
  tabs = [first, await browser.tab()];
});
afterAll(() => browser.close());

it('the runs to compare with differ', () => {
  expect(alone.map(({ step }) => step)).toEqual([7, 7]);
  expect(alone[0]?.digest).not.toEqual(alone[1]?.digest);
});

describe.each(SETUPS.map((setup, index) => ({ ...setup, index })))('a run by $optimizer', ({ index }) => {
  const setup = SETUPS[index]!;

  it('goes on after a reload, bit for bit', async () => {
    const run = `reloaded ${setup.optimizer}`;
    const first = await train(tabs[0], run, setup, BEFORE);
    expect(first).toMatchObject({ from: 0, step: BEFORE });
    expect(first.digest).not.toEqual(alone[index]?.digest);
    await tabs[0].reload();
    const second = await train(tabs[0], run, setup, AFTER);
    expect(second).toEqual({ ...alone[index], from: BEFORE });
    await empty(tabs[0], run);
  });

  it('goes on in another tab once its own is closed, bit for bit', async () => {
    const run = `closed ${setup.optimizer}`;
    const closing = await browser.tab();
    await train(closing, run, setup, BEFORE);
    await closing.page.close();
    expect(await train(tabs[1], run, setup, AFTER)).toEqual({ ...alone[index], from: BEFORE });
    await empty(tabs[1], run);
  });
});

it('a run whose page is killed goes on by trainReliably, bit for bit', async () => {
  const [run, setup] = ['killed', SETUPS[1]!];
  const victim = await browser.tab();
  const args = { run, setup, steps: BEFORE + AFTER };
  victim
    .call<typeof trainReliablyInBrowser>('trainReliablyInBrowser', { ...args, hangAfter: BEFORE })
    .catch(() => undefined);
  await victim.page.waitForFunction(() => document.title === 'hangs');
  await victim.crash();
  await victim.page.close();
  const found = await tabs[0].call<typeof trainReliablyInBrowser>('trainReliablyInBrowser', args);
  expect(found).toEqual({ from: BEFORE, digest: alone[1]?.digest });
  await empty(tabs[0], run);
});

describe('two tabs', () => {
  it('train at once, each to the bits of a lone one', async () => {
    const steps = [2, 2, 3];
    const parts = await Promise.all(
      tabs.map(async (tab, index) => {
        const found = [];
        for (const count of steps) found.push(await train(tab, `at once ${index}`, SETUPS[index]!, count));
        return found.at(-1);
      }),
    );
    parts.forEach((part, index) => expect(part).toEqual({ ...alone[index], from: 4 }));
    expect(await tabs[0].call<typeof runs>('runs', null)).toEqual(
      expect.arrayContaining(['at once 0', 'at once 1']),
    );
  });

  it('cannot write one run; the second is told so, and may once the first is gone', async () => {
    const run = 'one for two';
    await tabs[0].call<typeof keep>('keep', { run, steps: [1] });
    // Nor may another part of the same page.
    for (const said of await Promise.all(tabs.map((tab) => tab.call<typeof refused>('refused', { run }))))
      expect(said).toBe(
        'StorageError: inception-webgpu/checkpoints/one for two: is in use by another tab; ' +
          'close that tab, or give this run another name',
      );
    expect(await tabs[0].call<typeof keep>('keep', { run, steps: [2] })).toMatchObject({
      errors: [],
      latest: 2,
    });

    await tabs[0].call<typeof leave>('leave', { run });
    expect(await tabs[1].call<typeof keep>('keep', { run, steps: [3] })).toMatchObject({ steps: [1, 2, 3] });
    await empty(tabs[1], run);
  });

  it('keep what they tuned in one place', async () => {
    const batches = [
      [2, 3, 4],
      [5, 6, 7],
    ];
    const tune = (tab: Tab, own: readonly number[], others: readonly number[]) =>
      tab.call<typeof tuneInBrowser>('tuneInBrowser', { own, others });
    const measured = await Promise.all(tabs.map((tab, index) => tune(tab, batches[index]!, [])));
    expect(measured.flatMap((each) => Object.values(each))).toEqual(Array(6).fill('measured'));
    for (const tab of tabs)
      expect(Object.values(await tune(tab, [], batches.flat()))).toEqual(Array(6).fill('stored'));
  });
});
