import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DoctorEvent } from '../../src/app/events';
import { parseDoctorOptions } from '../../src/cli/doctor/options';
import { run, type DoctorPage } from '../../src/cli/doctor/run';
import { EngineError } from '../../src/core/errors';

const START = fileURLToPath(new URL('../../src/cli/doctor.mjs', import.meta.url));

const stdout = () => vi.spyOn(process.stdout, 'write').mockReturnValue(true);
afterEach(() => vi.restoreAllMocks());

describe('parseDoctorOptions', () => {
  it('reads every option', () => {
    expect(parseDoctorOptions([])).toEqual({ headed: false });
    expect(parseDoctorOptions(['--headed', '--browser', '/b', '--only', 'relu'])).toEqual({
      headed: true,
      browser: '/b',
      only: 'relu',
    });
  });

  it.each([
    ['--hedded', "options: unknown option '--hedded' (Did you mean --headed?); --help lists them all"],
    ['--browser=', '--browser: must name a path; got nothing'],
    ['--only=', '--only: must name an op; got nothing'],
    ['now', 'options: a word that belongs to no option; got "now"; --help lists them all'],
  ])('refuses %s', (args, message) => {
    expect(() => parseDoctorOptions(args.split(' '))).toThrow(message);
  });

  it('prints help with examples and exit codes', () => {
    const write = stdout();
    expect(parseDoctorOptions(['--help'])).toBeUndefined();
    const text = write.mock.calls.map(([chunk]) => String(chunk)).join('');
    for (const part of ['--browser', '--headed', 'npm run doctor -- --headed', 'exit code is 0']) {
      expect(text).toContain(part);
    }
  });
});

/** A page that tells these events, or fails. */
function pageOf(events: readonly DoctorEvent[], failure?: Error) {
  const page = {
    closes: 0,
    work(onEvent: (event: DoctorEvent) => void): Promise<void> {
      events.forEach(onEvent);
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
    closed: () => Promise.resolve(),
    close(): Promise<void> {
      page.closes++;
      return Promise.resolve();
    },
  };
  return page satisfies DoctorPage;
}

describe('run', () => {
  it.each([
    [true, 0],
    [false, 1],
  ])('prints the text of a GPU that is right: %j, and ends with %j', async (ok, code) => {
    const write = stdout();
    const progress = { done: 1, count: 2, next: 'add' };
    const page = pageOf([
      { kind: 'checking', progress },
      { kind: 'checked', ok, text: 'what was found' },
    ]);
    expect(await run({ headed: false }, () => Promise.resolve(page))).toBe(code);
    expect(write.mock.calls).toEqual([['what was found\n']]);
    expect(page.closes).toBe(1);
  });

  it('fails with the page, and closes it', async () => {
    const page = pageOf([], new EngineError('browser', 'the page crashed'));
    await expect(run({ headed: false }, () => Promise.resolve(page))).rejects.toThrow('the page crashed');
    expect(page.closes).toBe(1);
    const silent = pageOf([]);
    await expect(run({ headed: false }, () => Promise.resolve(silent))).rejects.toThrow('without a result');
    await expect(run({ headed: false, browser: '/missing' })).rejects.toThrow('--browser: names no file');
  });
});

it('npm run doctor finds this adapter right', { timeout: 600_000 }, () => {
  // All checks: test/doctor.
  const args = [START, '--only', 'linear'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(
    /^inception-webgpu \d+\.\d+\.\d+: .* computes what it should in linear; nothing else was checked\n\nadapter +vendor /,
  );
  expect(stdout).toMatch(
    /\n\d+ checks, among them \d+ kernels for convolutions: \d+ right, 0 wrong, 0 refused; \d+ s\n$/,
  );
});
