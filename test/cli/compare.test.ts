// Runs beside each other: made by hand, as a training run leaves them.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ComparedRun } from '../../src/app/compare';
import { main } from '../../src/cli/compare/main';
import { launchBrowser } from '../../src/cli/browser';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true }));
const at = (...names: string[]): string => join(base, ...names);

const SETTINGS = { preset: 'small', batch: 8, steps: 40, rate: 0.003, exclude: [] };

/** A run whose loss falls as 2 / step. */
function makeRun(name: string, steps: number, settings: object, judged = false): string {
  mkdirSync(at(name));
  const result = { correct: 30, classified: 40 };
  const all = { adapter: 'an <adapter>', settings: { ...SETTINGS, ...settings }, ...(judged && { result }) };
  writeFileSync(at(name, 'settings.json'), JSON.stringify(all));
  const lines = Array.from({ length: steps }, (_, index) => {
    const [step, main] = [index + 1, 2 / (index + 1)];
    return JSON.stringify({ step, rate: 0.003, total: main, main, aux1: main, aux2: main, seconds: 0.5 });
  });
  // The process was killed while it wrote.
  writeFileSync(at(name, 'log.jsonl'), `${lines.join('\n')}\n{"step": ${steps + 1}, "ra`);
  if (judged)
    writeFileSync(at(name, 'judged.jsonl'), '{"step":20,"accuracy":0.5}\n{"step":40,"accuracy":0.75}\n');
  return at(name);
}

const [out, err] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
afterEach(() => [out, err].forEach((each) => each.mockReset()));
afterAll(() => [out, err].forEach((each) => each.mockRestore()));

async function said(...args: string[]) {
  for (const each of [out, err]) each.mockReset().mockImplementation(() => undefined);
  const code = await main(args);
  const text = (calls: unknown[][]): string => calls.map((call) => `${call.join(' ')}\n`).join('');
  return { code, out: text(out.mock.calls), err: text(err.mock.calls) };
}

let [short, long] = ['', ''];
const LONG = 100_000;
beforeAll(() => {
  short = makeRun('short', 40, { microBatches: 2 }, true);
  long = makeRun('long', LONG, { rate: 0.01, steps: LONG });
});

it('prints what came out, and the settings that differ', async () => {
  const { code, out, err } = await said(short, long, '--out', at('both.html'));
  expect({ code, err }).toEqual({ code: 0, err: `\ncurves: ${at('both.html')}\n` });
  const rows = out.split('\n').map((line) => line.split(/ {2,}/));
  const row = (name: string) => rows.find(([first]) => first === name)?.slice(1);
  expect(row('held-out accuracy')).toEqual(['75 %', '-']);
  expect(row('steps done')).toEqual(['40', `${LONG}`]);
  expect(row('images per second')).toEqual(['16.0', '16.0']);
  expect(row('micro-batches')).toEqual(['2', '-']);
  expect(row('rate')).toEqual(['0.003', '0.01']);
  expect(row('preset')).toBeUndefined();
});

it('prints a line of JSON for each, and writes no page', async () => {
  const { code, out } = await said(short, long, '--json', '--out', at('none.html'));
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { run: short, steps: 40, accuracy: 0.75, best: 0.75, imagesPerSecond: 16, seconds: 20 },
    { run: long, steps: LONG, accuracy: null, best: null },
  ]);
  expect(existsSync(at('none.html'))).toBe(false);
});

it('writes a page that stays small, however long the runs are', async () => {
  await said(short, long, '--out', at('page.html'));
  const html = readFileSync(at('page.html'), 'utf8');
  const json = /<script type="application\/json" id="data">(.*)<\/script>/.exec(html)?.[1] ?? '';
  const [first, second] = JSON.parse(json) as [ComparedRun, ComparedRun];
  expect(first.curves.steps).toHaveLength(40);
  expect(second.curves.steps).toHaveLength(1500);
  expect(second.curves.steps.at(-1)).toBe(LONG);
  expect(second.curves.smooth.main.at(-1)).toBeCloseTo(2 / LONG, 6);
  expect(html).toContain('an &lt;adapter&gt;');

  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(pathToFileURL(at('page.html')).href);
    await page.waitForSelector('#rate canvas');
    const legends = await page.$$eval('.legend', (lists) => lists.map((list) => list.textContent));
    expect(legends.map((text) => text.trim().split(/\s+/))).toEqual([
      ['short', 'long'],
      ['short'],
      ['short', 'long'],
    ]);
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
  }
});

describe('refuses', () => {
  const cases: readonly (readonly [what: string, args: () => string[], message: RegExp])[] = [
    ['one run', () => [short], /^compare: needs two runs to 6; got 1\n$/],
    ['a run twice', () => [short, `${short}/`], /^compare: each run may come once; got /],
    ['another folder', () => [short, base], /^compare: is not the folder of a run; got .*; name the folder/],
    [
      'a file that is there',
      () => [short, long, '--out', at('short', 'log.jsonl')],
      /^--out: is there already; /,
    ],
    [
      'a page in no folder',
      () => [short, long, '--out', at('none', 'x.html')],
      /^--out: cannot be written; got ENOENT/,
    ],
    ['damaged settings', () => [short, at('damaged')], /damaged.settings\.json: has no settings of a run\n$/],
  ];
  beforeAll(() => {
    mkdirSync(at('damaged'));
    writeFileSync(at('damaged', 'settings.json'), 'null');
  });
  it.each(cases)('%s', async (_what, args, message) => {
    const { code, out, err } = await said(...args());
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
  });
});
