// Runs that are killed, whole or in part, and go on: with the bits of one that was left alone.
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import puppeteer from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ValueError } from '../../src/core/errors';
import { resumeRun } from '../../src/cli/resume';
import { readCheckpoint } from '../../src/io/checkpoint';
import { readSafetensors } from '../../src/io/safetensors';
import { excluding, program, smallKernels } from '../support/command_line';
import { endpointIn, LISTEN } from '../support/endpoint';
import { stillRunning } from '../support/processes';

const STEPS = 16;
const SETTINGS = `--batch 2 --size 65 --width 0.125 --preset small --seed 5 --steps ${STEPS} --held-out 2`;
// What a run must remember: its recipe, an average of its weights, its parts, the kernels that it goes without.
const REPLACEABLE = 'forward register 4x8';
const EXCLUDED = smallKernels([REPLACEABLE]);
const args = (folder: string): string[] => [
  ...`train ${SETTINGS} --recipe caffe --rate 0.03 --warmup 0 --decay linear --average equal --micro-batches 2 --checkpoint-every 4 --out`.split(
    ' ',
  ),
  join(base, folder),
  ...excluding(EXCLUDED),
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

const checkpointPath = (folder: string, step: number): string =>
  join(base, folder, 'checkpoints', `step-${`${step}`.padStart(10, '0')}.safetensors`);

/** Until the checkpoint of this step is there. */
async function checkpointOf(folder: string, step: number): Promise<void> {
  while (!existsSync(checkpointPath(folder, step))) await wait(20);
}

/** All that the last checkpoint holds: weights, moments, step, seed, cursor, settings, kernels. */
const lastCheckpoint = (folder: string) => readCheckpoint(readFileSync(checkpointPath(folder, STEPS)));

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
    crashPage: async () => {
      const page = (await browser.pages()).find((each) => each.url().startsWith('http'));
      // It never answers.
      void page?.createCDPSession().then((client) => client.send('Page.crash').catch(() => undefined));
    },
  };
}

let whole: Awaited<ReturnType<typeof program>>;
beforeAll(async () => {
  whole = await program(args('whole'));
});

describe('a run', () => {
  it('keeps its last checkpoints', () => {
    expect(whole).toMatchObject({ code: 0, err: '' });
    expect(whole.out).toMatch(/^kernels: .*; without forward quad 16x32, .*, backward_weight register 8x8$/m);
    expect(whole.out).toMatch(/^preset small: .* a step, in 2 parts; ready/m);
    expect(whole.out).toContain(
      '\nrecipe caffe: sgd, rate 0.03, decay: linear, weight decay 0.0002, equal average of the weights\n',
    );
    expect(readdirSync(join(base, 'whole', 'checkpoints'))).toEqual(
      ['08', '12', '16'].map((step) => `step-00000000${step}.safetensors`),
    );
  });

  it('hands over an average of its weights, and beside it the last ones', () => {
    const { weights: last, slots, average } = lastCheckpoint('whole');
    expect(average).toEqual({ name: 'equal', settings: { from: STEPS / 2 } });
    expect(weights('whole')).toEqual(slots.get('average'));
    const { tensors } = readSafetensors(readFileSync(join(base, 'whole', 'weights-raw.safetensors')));
    for (const [name, { data }] of last) expect(tensors.get(name)?.data, name).toEqual(data);
    expect(weights('whole').get('conv1.weight')?.data).not.toEqual(last.get('conv1.weight')?.data);
  });

  it('survives the death of its GPU process, then of its browser, bit for bit', async () => {
    const running = program(args('killed'), { env: profileOf('killed') });
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
    expect(lastCheckpoint('killed')).toEqual(lastCheckpoint('whole'));
    // Each step once, and with the same losses.
    const totals = (folder: string) => log(folder).map(({ step, total }) => [step, total]);
    expect(totals('killed')).toEqual(totals('whole'));
  });

  it('that is killed takes its browser along, and goes on with --resume, as it began, bit for bit', async () => {
    let processes: number[] = [];
    const running = program(args('resumed'), {
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

    const ended = await program(['train', '--resume', join(base, 'resumed')]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^goes on from step (8|12) of 16$/m);
    expect(ended.out).not.toContain('not bit for bit');
    expect(weights('resumed')).toEqual(weights('whole'));
    const checkpoint = lastCheckpoint('resumed');
    expect(checkpoint).toEqual(lastCheckpoint('whole'));
    expect(checkpoint).toMatchObject({
      optimizer: { name: 'sgd' },
      settings: { recipe: 'caffe', weightDecay: 2e-4, average: 'equal', microBatches: 2, exclude: EXCLUDED },
    });
    expect(checkpoint.slots.get('momentum_buffer')?.size).toBe(checkpoint.weights.size);
    expect(log('resumed').map(({ step }) => step)).toEqual(log('whole').map(({ step }) => step));
    const forward = Object.entries(checkpoint.plan.choices).filter(([problem]) =>
      problem.startsWith('forward'),
    );
    expect(forward.length).toBeGreaterThan(10);
    expect(forward.filter(([, kernel]) => kernel === 'quad 16x32')).toEqual([]);
  });

  it('survives the crash of its page, bit for bit', async () => {
    const running = program(args('crashed'), { env: profileOf('crashed') });
    await checkpointOf('crashed', 4);
    await (await browserOf('crashed')).crashPage();
    const ended = await running;
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^the page crashed after step \d+; going on from step (4|8|12)$/m);
    expect(lastCheckpoint('crashed')).toEqual(lastCheckpoint('whole'));
  });

  it('goes on without a kernel that was found wrong meanwhile, and says what that costs', async () => {
    const folder = join(base, 'excluded');
    cpSync(join(base, 'whole'), folder, { recursive: true });
    for (const step of [12, STEPS]) rmSync(checkpointPath('excluded', step));
    const ended = await program(['train', '--resume', folder, '--exclude', REPLACEABLE]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^goes on from step 8 of 16$/m);
    expect(ended.out).toContain('the run goes on from its checkpoint within rounding, not bit for bit: ');
    expect(ended.out).toContain(' was computed by register 4x8, now by scalar 4x4');
    expect(lastCheckpoint('excluded').settings['exclude']).toEqual([...EXCLUDED, REPLACEABLE]);
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
    await expect(resumeRun(folder, { recompute: 5e6 })).rejects.toThrow(
      '--recompute: the run was begun without; got 5000000; leave it out, or begin a new run',
    );
    await expect(resumeRun(folder, { microBatches: 4 })).rejects.toThrow(
      '--micro-batches: the run was begun with 2; got 4',
    );
    await expect(resumeRun(folder, { heldOut: 9 })).rejects.toThrow(
      '--held-out: the run was begun with 2; got 9',
    );
  });

  it('goes on with more steps, and says how the rate does', async () => {
    const folder = join(base, 'whole');
    expect((await resumeRun(folder, { steps: 60 })).notes).toEqual([
      'goes on from step 16 of 60',
      'the learning rate goes on as in a run of 60 steps: it is 0.022 at step 17, and falls to 0 at step 60 (decay: linear)',
    ]);
    expect((await resumeRun(folder, { steps: STEPS })).notes).toEqual([
      'has done its 16 steps and is only measured again; --steps makes it longer',
    ]);
    await expect(resumeRun(folder, { steps: 9 })).rejects.toThrow(
      '--steps: the run has done 16 already; got 9; give more, or leave it out',
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
    await expect(resumeRun(folder, {})).rejects.toThrow(
      /: holds no whole checkpoint; got .*16\.safetensors: a safetensors file starts with 8 bytes/,
    );
    await expect(resumeRun(base, {})).rejects.toThrow(/^--resume: holds no checkpoint; got /);
    expect(existsSync(join(base, 'checkpoints'))).toBe(false);
  });
});
