// What is found under a browser's name need not be one.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ensureBrowser, launchBrowser, system } from '../../src/cli/browser';
import { BrowserError, findBrowser } from '../../src/cli/browser_find';
import { openFirst } from '../../src/cli/first_browser';
import { startModuleServer } from '../../src/cli/module_server';
import { TRAINING, WorkPage } from '../../src/cli/work_page';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function program(name: string, script: string, mode = 0o755): string {
  const path = join(base, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return path;
}
const snap = program('snap', 'echo "Command chromium requires the snap to be installed." >&2\nexit 1');
const silent = program('silent', 'echo "Thinking about it"\nexec sleep 60');
const notExecutable = program('not-executable', '', 0o644);
const folder = join(base, 'folder');
mkdirSync(folder);

describe('launchBrowser', () => {
  it.each([
    ['a stub', snap, /: does not start; got .*; it printed: Command chromium requires the snap to be/],
    ['a program that never answers', silent, /got no answer in 1 s; it printed: Thinking about it; start it/],
    ['a file that is no program', notExecutable, /: does not start; got spawn .* EACCES; start it by hand/],
    ['a folder', folder, /: does not start; got spawn .* EACCES; start it by hand/],
  ])('says what %s printed', async (_what, executablePath, message) => {
    const launched = launchBrowser({ executablePath, patience: 1000 });
    await expect(launched).rejects.toThrow(BrowserError);
    await expect(launched).rejects.toThrow(message);
  });

  it.runIf(process.platform !== 'win32')('names a temporary folder that is missing', async () => {
    vi.stubEnv('TMPDIR', join(base, 'missing'));
    const launched = launchBrowser({ executablePath: snap });
    await expect(launched).rejects.toThrow(
      /^temporary folder: nothing can be written there; got .*missing; set TMPDIR/,
    );
    await expect(launched).rejects.not.toThrow(BrowserError);
  });
});

describe('findBrowser', () => {
  it('passes over folders that cannot be looked into, broken links and circles of links', () => {
    symlinkSync(join(base, 'none'), join(base, 'broken'));
    symlinkSync(join(base, 'circle'), join(base, 'circle'));
    for (const name of ['broken', 'circle', 'snap/chromium', 'folder', 'a'.repeat(300)])
      expect(system.isFile(join(base, name))).toBe(false);
    expect(system.isFile(snap)).toBe(true);
  });

  it('gives all that there are, each once, but only the one that a variable names', () => {
    const files = ['/a/chromium', '/usr/bin/chromium', '/usr/bin/google-chrome', '/opt/download'];
    const machine = {
      ...system,
      platform: 'linux' as const,
      env: { PATH: '/a:/usr/bin' },
      isFile: (path: string) => files.includes(path),
      puppeteerPath: () => '/opt/download',
    };
    const [first, ...rest] = files;
    expect(findBrowser(machine).paths).toEqual([first, rest[1], rest[0], rest[2]]);
    const env = { PATH: '/usr/bin', INCEPTION_BROWSER: '/a/chromium' };
    expect(findBrowser({ ...machine, env }).paths).toEqual(['/a/chromium']);
  });
});

describe('openFirst', () => {
  const open = (path: string): Promise<string> =>
    path === '/good'
      ? Promise.resolve(path)
      : Promise.reject(new BrowserError(path, 'does not start', 'it printed: no', 'advice'));

  it('tries one after the other, and tells of those in vain', async () => {
    const told: string[] = [];
    expect(await openFirst(['/a', '/b', '/good', '/c'], open, (sentence) => told.push(sentence))).toBe(
      '/good',
    );
    expect(told).toEqual([
      '/a: does not start; got it printed: no; advice; trying /b',
      '/b: does not start; got it printed: no; advice; trying /good',
    ]);
  });

  it('says what each said where none works', async () => {
    await expect(openFirst(['/a', '/b'], open, () => undefined)).rejects.toThrow(
      /^browser: none of the 2 found works; got \/a does not start \(it printed: no\), \/b does not start \(it printed: no\); install/,
    );
    await expect(openFirst(['/a'], open, () => undefined)).rejects.toThrow(
      '/a: does not start; got it printed',
    );
  });

  it('ends at what is no fault of the browser', async () => {
    const error = new TypeError('no such field');
    await expect(
      openFirst(
        ['/a', '/good'],
        () => Promise.reject(error),
        () => undefined,
      ),
    ).rejects.toBe(error);
  });
});

it('a browser without a WebGPU adapter is told from one that has one', async () => {
  const server = await startModuleServer({ folders: ['src'], handlers: {} });
  try {
    const good = await WorkPage.open(await ensureBrowser(), false, TRAINING);
    await good.requireAdapter(server.url);
    await good.close();
    vi.stubEnv('INCEPTION_BROWSER_ARGS', '--disable-gpu --disable-software-rasterizer');
    const page = await WorkPage.open(await ensureBrowser(), false, TRAINING);
    await expect(page.requireAdapter(server.url)).rejects.toThrow(
      /: gives no WebGPU adapter; got .*Chrom.*; update/,
    );
  } finally {
    await server.close();
  }
});
