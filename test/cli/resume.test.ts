// Runs that are killed, whole or in part, and go on: with the bits of one that was left alone.
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import puppeteer from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ValueError } from '../../src/core/errors';
import { resumeRun } from '../../src/cli/resume';
import { readSafetensors } from '../../src/io/safetensors';
import { start } from '../support/command_line';
import { endpointIn, LISTEN } from '../support/endpoint';
import { stillRunning } from '../support/processes';

const STEPS = 16;
const SETTINGS = `--batch 2 --size 65 --width 0.125 --preset small --seed 5 --steps ${STEPS} --held-out 2`;
const args = (folder: string): string[] => [
  ...`${SETTINGS} --checkpoint-every 4 --out`.split(' '),
  join(base, folder),
];
const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true, maxRetries: 5 }));

const weights = (folder: string) => {
  const { tensors } = readSafetensors(readFileSync(join(base, folder, 'weights.safetensors')));
  return new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data }]));
};
const log = (folder: string) =>
  readFileSync(join(base, folder, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: number; total: number });

/** Until the checkpoint of this step is there. */
async function checkpointOf(folder: string, step: number): Promise<void> {
  const path = join(base, folder, 'checkpoints', `step-${`${step}`.padStart(10, '0')}.safetensors`);
  while (!existsSync(path)) await wait(20);
}

/** The command line flag that says where the browser's profile is, by which it is found. */
const profileOf = (folder: string) => ({
  INCEPTION_BROWSER_ARGS: `${LISTEN} --user-data-dir=${join(base, `${folder}-profile`)} ${process.env['INCEPTION_BROWSER_ARGS'] ?? ''}`,
});

/** The browser of a run whose profile this is. */
async function browserOf(folder: string) {
  const browserWSEndpoint = await endpointIn(join(base, `${folder}-profile`));
  const browser = await puppeteer.connect({ browserWSEndpoint });
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const { id } = processInfo.find(({ type }) => type === 'browser')!;
  return {
    processes: processInfo.map((each) => each.id),
    crashGpu: () => session.send('Browser.crashGpuProcess'),
    kill: () => process.kill(id, 'SIGKILL'),
  };
}

let whole: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  whole = await start(args('whole'));
});

describe('a run', () => {
  it('keeps its last checkpoints', () => {
    expect(whole).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(join(base, 'whole', 'checkpoints'))).toEqual(
      ['08', '12', '16'].map((step) => `step-00000000${step}.safetensors`),
    );
  });

  it('survives the death of its GPU process, then of its browser, bit for bit', async () => {
    const running = start(args('killed'), { env: profileOf('killed') });
    await checkpointOf('killed', 4);
    const browser = await browserOf('killed');
    await browser.crashGpu();
    // Later than its checkpoint, so that some steps come again.
    while (log('killed').length < 10) await wait(20);
    browser.kill();
    const ended = await running;
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^the GPU device was lost after step \d+; going on from step (4|8)$/m);
    expect(ended.out).toMatch(/^the browser died after step \d+; going on from step (8|12)$/m);
    expect(weights('killed')).toEqual(weights('whole'));
    // Each step once, and with the same losses.
    const totals = (folder: string) => log(folder).map(({ step, total }) => [step, total]);
    expect(totals('killed')).toEqual(totals('whole'));
  });

  it('that is killed takes its browser along, and goes on with --resume, bit for bit', async () => {
    let processes: number[] = [];
    const running = start(args('resumed'), {
      env: profileOf('resumed'),
      when: 'first step done',
      act: (child) => {
        void browserOf('resumed').then(async (browser) => {
          await checkpointOf('resumed', 8);
          processes = browser.processes;
          child.kill('SIGKILL');
        });
      },
    });
    expect(await running).toMatchObject({ code: null });
    expect(processes.length).toBeGreaterThan(2);
    expect(await stillRunning(processes, 10)).toEqual([]);
    expect(existsSync(join(base, 'resumed', 'weights.safetensors'))).toBe(false);

    const ended = await start(['--resume', join(base, 'resumed')]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^goes on from step (8|12) of 16$/m);
    expect(ended.out).not.toContain('not bit for bit');
    expect(weights('resumed')).toEqual(weights('whole'));
    expect(log('resumed').map(({ step }) => step)).toEqual(log('whole').map(({ step }) => step));
  });
});

describe('resumeRun', () => {
  it('refuses other settings than those of the run', async () => {
    const folder = join(base, 'whole');
    expect((await resumeRun(folder, { preset: 'auto', seed: 5, batch: 2 })).step).toBe(STEPS);
    await expect(resumeRun(folder, { batch: 4 })).rejects.toThrow(ValueError);
    await expect(resumeRun(folder, { batch: 4 })).rejects.toThrow(
      '--batch: the run was begun with 2; got 4; leave it out, or begin a new run',
    );
    await expect(resumeRun(folder, { heldOut: 9 })).rejects.toThrow(
      '--held-out: the run was begun with 2; got 9',
    );
  });

  it('passes over what is damaged, and says so', async () => {
    const folder = join(base, 'damaged');
    cpSync(join(base, 'whole'), folder, { recursive: true });
    const damage = (step: string): void =>
      writeFileSync(join(folder, 'checkpoints', `step-00000000${step}.safetensors`), 'half');
    damage('16');
    const { step, notes } = await resumeRun(folder, {});
    expect(step).toBe(12);
    expect(notes[0]).toMatch(/^passed over: .*step-0000000016\.safetensors/);
    expect(notes[1]).toBe('goes on from step 12 of 16');
    for (const step of ['08', '12']) damage(step);
    await expect(resumeRun(folder, {})).rejects.toThrow(/^--resume: holds no whole checkpoint; got /);
    await expect(resumeRun(base, {})).rejects.toThrow(/^--resume: holds no checkpoint; got /);
    expect(existsSync(join(base, 'checkpoints'))).toBe(false);
  });
});
