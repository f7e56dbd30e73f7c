// The command line as people run it, in a process of its own.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StepRecord } from '../../src/app/events';
import { readSafetensors } from '../../src/io/safetensors';
import { excluding, smallKernels, start, type Ended } from '../support/command_line';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true }));

const small = '--batch 4 --size 80 --width 0.125'.split(' ');
const lastLine = ({ out }: Ended): string | undefined => out.trimEnd().split('\n').at(-1);

const steps = (folder: string): StepRecord[] =>
  readFileSync(join(folder, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepRecord);

describe('npm start', () => {
  it('trains, judges, and leaves weights, settings, log, report and trace', async () => {
    const folder = join(base, 'whole');
    const ended = await start([...small, '--steps', '2', '--held-out', '10', '--profile', '--out', folder]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^kernels: shipped choices .*; not timed: .* computes on the CPU/m);
    for (const line of [
      'training takes .* of GPU memory: weights .*',
      'Profile: training step',
      'Profile: classification',
      'inception5b.conv2 .* %',
      'kernels: shipped choices for [^;]*',
    ]) {
      expect(ended.out).toMatch(new RegExp(`^${line}$`, 'm'));
    }
    expect(lastLine(ended)).toMatch(
      /^held-out accuracy \d+\.0 % \(\d+ of 10\), adapter \S.*, 2 steps, (\d+ min )?\d+ s$/,
    );
    expect(readdirSync(folder).sort()).toEqual([
      'checkpoints',
      'log.jsonl',
      'report.html',
      'settings.json',
      'trace.json',
      'weights.safetensors',
    ]);
    const trace = JSON.parse(readFileSync(join(folder, 'trace.json'), 'utf8')) as { traceEvents: unknown[] };
    expect(trace.traceEvents.length).toBeGreaterThan(300);

    const { tensors, metadata } = readSafetensors(readFileSync(join(folder, 'weights.safetensors')));
    expect(tensors.size).toBe(128);
    expect(tensors.get('linear5.weight')?.shape).toEqual([10, 128]);
    expect(metadata['steps']).toBe('2');

    const log = steps(folder);
    expect(log.map(({ step }) => step)).toEqual([1, 2]);
    for (const record of log) {
      expect(Object.keys(record)).toEqual(['step', 'rate', 'total', 'main', 'aux1', 'aux2', 'seconds']);
    }
    const settings = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')) as unknown;
    expect(settings).toMatchObject({
      engine: expect.stringMatching(/^inception-webgpu \d/) as string,
      memory: { weights: expect.any(Number) as number, total: expect.any(Number) as number },
      settings: { batch: 4, size: 80, width: 0.125, steps: 2, heldOut: 10 },
      result: { steps: 2, classified: 10 },
    });
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('of 10) right');
    expect(page).not.toMatch(/(src|href)="(?!data:)/); // Nothing outside the file is needed.
  });

  it('goes through rates, draws what came of it, and keeps nothing else', async () => {
    const folder = join(base, 'rates');
    const args = [...small, ...excluding(smallKernels()), '--find-rate', '--steps', '4', '--out', folder];
    const ended = await start(args);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(lastLine(ended)).toMatch(
      /^(suggested: --rate \S+, a tenth of the rate|no rate can be suggested: )/,
    );
    expect(readdirSync(folder).sort()).toEqual(['log.jsonl', 'rates.svg', 'settings.json']);
    expect(steps(folder).map(({ rate }) => Number(rate.toPrecision(9)))).toEqual([1e-6, 1e-4, 0.01, 1]);
    expect(readFileSync(join(folder, 'rates.svg'), 'utf8')).toContain('learning rate');
  });

  it('refuses what a budget of memory does not allow, and says which batch it does', async () => {
    const folder = join(base, 'refused');
    const ended = await start([...small, '--steps', '1', '--memory', '4MB', '--out', folder]);
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(
      /^memory: needs [\d.]+ MB, of which \S+ takes .*; got a budget of 4 MB; what fits: --batch [123]\b.*\n$/,
    );
    expect(ended.out).not.toMatch(/ready after/);
    expect(existsSync(folder)).toBe(false);
  });

  it('ends on Ctrl-C after the step under way and keeps what was learnt', async () => {
    const folder = join(base, 'stopped');
    const ended = await start(
      [...small, ...excluding(smallKernels()), '--steps', '5000', '--held-out', '8', '--out', folder],
      {
        when: 'training 1/5000',
        act: (child) => child.kill('SIGINT'),
      },
    );
    expect(ended).toMatchObject({ code: 130, err: '' });
    const done = steps(folder).length;
    expect(lastLine(ended)).toMatch(
      new RegExp(`^held-out accuracy .* of 8\\), adapter .*, stopped after ${done} of 5000 steps, `),
    );
    const weights = readSafetensors(readFileSync(join(folder, 'weights.safetensors')));
    expect(weights.metadata['steps']).toBe(`${done}`);
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
    expect(existsSync(join(folder, 'trace.json'))).toBe(false);
    expect(ended.out).not.toContain('Profile');
  });

  it('says what is wrong with a folder, an option, a browser, and leaves nothing behind', async () => {
    const file = join(base, 'file');
    writeFileSync(file, '');
    const missing = join(base, 'no-browser');
    const folder = join(base, 'never');
    const [unwritable, option, browser, node] = await Promise.all([
      start(['--out', join(file, 'run')]),
      start(['--steps', 'x', '--out', folder]),
      start(['--browser', missing, '--out', folder]),
      start(['--host', 'node', '--out', folder]),
    ]);
    for (const { code, out } of [unwritable, option, browser, node])
      expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(unwritable.err).toMatch(
      /^--out: nothing can be written there; got .*run \(ENOTDIR.*\); name a folder.*\n$/,
    );
    expect(option.err).toBe('--steps: must be a whole number from 1 to 1000000; got "x"\n');
    expect(browser.err).toBe(
      `--browser: names no file; got ${missing}; ` +
        'give the path of Chrome or Chromium, or leave it out to have one found or installed\n',
    );
    // A clone has no Dawn beside it.
    expect(node.err).toBe(
      '--host: needs the package webgpu, which is not installed; got node; npm install webgpu\n',
    );
    expect(existsSync(folder)).toBe(false);
  });
});
