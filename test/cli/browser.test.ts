import { describe, expect, it } from 'vitest';
import { BrowserError, findBrowser, type System } from '../../src/cli/browser_find';
import { ensureBrowser } from '../../src/cli/browser_install';

const PUPPETEER = '/home/u/.cache/puppeteer/chrome';
const CLI = '/repo/cli.js';

interface Machine {
  readonly system: System;
  readonly commands: string[];
  readonly said: string[];
}

/** A machine with these files; `installs` maps a command's beginning to the file it brings, others fail. */
function machine(
  files: readonly string[],
  rest: Partial<System> = {},
  installs: Record<string, string> = {},
): Machine {
  const present = new Set(files);
  const commands: string[] = [];
  const said: string[] = [];
  const system: System = {
    platform: 'linux',
    env: { PATH: '/usr/local/bin:/usr/bin' },
    home: '/home/u',
    root: false,
    isFile: (path) => present.has(path),
    puppeteerPath: () => PUPPETEER,
    run: (program, args) => {
      const command = [program, ...args].join(' ');
      commands.push(command);
      const brought = Object.entries(installs).find(([start]) => command.startsWith(start));
      if (brought !== undefined) present.add(brought[1]);
      return Promise.resolve(brought === undefined ? 100 : 0);
    },
    say: (sentence) => said.push(sentence),
    ...rest,
  };
  return { system, commands, said };
}

const debian = ['/etc/debian_version', '/usr/bin/apt-get'];

describe('findBrowser', () => {
  const all = ['/my/chrome', '/their/chrome', '/usr/bin/chromium', PUPPETEER];

  it('prefers INCEPTION_BROWSER, then PUPPETEER_EXECUTABLE_PATH, then what is installed, then the download', () => {
    const env = {
      PATH: '/usr/bin',
      INCEPTION_BROWSER: '/my/chrome',
      PUPPETEER_EXECUTABLE_PATH: '/their/chrome',
    };
    expect(findBrowser(machine(all, { env }).system).path).toBe('/my/chrome');
    expect(findBrowser(machine(all, { env: { ...env, INCEPTION_BROWSER: '' } }).system).path).toBe(
      '/their/chrome',
    );
    expect(findBrowser(machine(all).system).path).toBe('/usr/bin/chromium');
    expect(findBrowser(machine([PUPPETEER]).system).path).toBe(PUPPETEER);
  });

  it('says what it looked at when there is none', () => {
    const { path, tried } = findBrowser(machine([], { puppeteerPath: () => undefined }).system);
    expect(path).toBeUndefined();
    expect(tried).toHaveLength(3);
  });

  it.each(['INCEPTION_BROWSER', 'PUPPETEER_EXECUTABLE_PATH'])(
    'refuses a %s that names no file',
    (variable) => {
      const { system } = machine(all, { env: { [variable]: '/missing' } });
      expect(() => findBrowser(system)).toThrow(BrowserError);
      expect(() => findBrowser(system)).toThrow(
        `${variable}: names no file; got /missing; correct it or unset it`,
      );
    },
  );

  it.each<[NodeJS.Platform, Record<string, string>, string]>([
    ['linux', { PATH: '/a:/b' }, '/b/google-chrome'],
    ['linux', {}, '/snap/bin/chromium'],
    ['darwin', {}, '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
    ['darwin', {}, '/home/u/Applications/Chromium.app/Contents/MacOS/Chromium'],
    ['win32', { Path: 'C:\\a;D:\\b' }, 'D:\\b\\chrome.exe'],
    ['win32', { ProgramFiles: 'C:\\Programs' }, 'C:\\Programs\\Google\\Chrome\\Application\\chrome.exe'],
  ])('on %s with %o finds %s', (platform, env, path) => {
    expect(findBrowser(machine([path], { platform, env }).system).path).toBe(path);
  });
});

describe('ensureBrowser', () => {
  it('installs nothing where a browser is found', async () => {
    const { system, commands, said } = machine([...debian, '/usr/bin/chromium'], { root: true });
    expect(await ensureBrowser(system, CLI)).toBe('/usr/bin/chromium');
    expect([...commands, ...said]).toEqual([]);
  });

  it('takes apt-get first on Debian as root, and says so', async () => {
    const installs = { 'apt-get -q update': '/lists', 'apt-get -q install': '/usr/bin/chromium' };
    const { system, commands, said } = machine(debian, { root: true }, installs);
    expect(await ensureBrowser(system, CLI)).toBe('/usr/bin/chromium');
    expect(commands).toEqual([
      'apt-get -q update',
      'apt-get -q install -y --no-install-recommends chromium fonts-dejavu-core',
    ]);
    expect(said).toEqual([expect.stringContaining('installing one: apt-get install chromium')]);
  });

  it('downloads where apt-get fails', async () => {
    const { system, commands } = machine(debian, { root: true }, { node: PUPPETEER });
    expect(await ensureBrowser(system, CLI)).toBe(PUPPETEER);
    expect(commands).toEqual(['apt-get -q update', `node ${CLI} browsers install chrome`]);
  });

  it.each<[string, string[], Partial<System>]>([
    ['as another user', debian, {}],
    ['elsewhere', [], { root: true }],
    ['on macOS', [], { platform: 'darwin' }],
  ])('downloads at once %s', async (_where, files, rest) => {
    const { system, commands } = machine(files, rest, { node: PUPPETEER });
    expect(await ensureBrowser(system, CLI)).toBe(PUPPETEER);
    expect(commands).toEqual([`node ${CLI} browsers install chrome`]);
  });

  it('downloads nothing where puppeteer is not installed, as beside the package', async () => {
    const { system, commands } = machine([], {}, { node: PUPPETEER });
    await expect(ensureBrowser(system, undefined)).rejects.toThrow('none could be installed');
    expect(commands).toEqual([]);
  });

  it('names all that it tried when nothing helps', async () => {
    const { system } = machine(debian, { root: true }, { 'apt-get': '/elsewhere' });
    const error: unknown = await ensureBrowser(system, CLI).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrowserError);
    expect((error as BrowserError).message).toBe(
      'browser: none found, and none could be installed; ' +
        'got INCEPTION_BROWSER and PUPPETEER_EXECUTABLE_PATH (unset), ' +
        'Chrome and Chromium on PATH and in the usual places (none), ' +
        `puppeteer's download (none at ${PUPPETEER}), ` +
        'apt-get install chromium (succeeded, but no browser is where it was expected), ' +
        `puppeteer browsers install chrome (node ${CLI} browsers ended with status 100); ` +
        'install Chrome or Chromium (Debian: apt-get install chromium), or set INCEPTION_BROWSER to its path',
    );
  });

  it('installs nothing in place of a browser that was named wrongly', async () => {
    const { system, commands } = machine([], { env: { INCEPTION_BROWSER: '/missing' } }, { node: PUPPETEER });
    await expect(ensureBrowser(system, CLI)).rejects.toThrow('INCEPTION_BROWSER: names no file');
    expect(commands).toEqual([]);
  });
});
