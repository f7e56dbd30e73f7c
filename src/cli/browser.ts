// Finds or installs a browser and starts it: Node has no WebGPU of its own.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import type { Browser } from 'puppeteer';
import { ValueError } from '../core/errors';
import { BrowserError, findBrowser as find, type System } from './browser_find';
import { ensureBrowser as ensure } from './browser_install';
import { watchProgram } from './program_watch';

export { BrowserError } from './browser_find';

/** The package brings puppeteer's core, which starts browsers but downloads none. */
const { default: puppeteer } = await import('puppeteer').catch(() => import('puppeteer-core'));

/** What downloads one; undefined where puppeteer is not installed. */
function downloader(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('puppeteer/lib/cjs/puppeteer/node/cli.js');
  } catch {
    return undefined;
  }
}

/** Milliseconds in which a browser starts, on a busy machine too. */
const PATIENCE = 30_000;

/** This machine. */
export const system: System = {
  platform: process.platform,
  env: process.env,
  home: homedir(),
  root: process.getuid?.() === 0,
  isFile(path) {
    try {
      return statSync(path).isFile();
    } catch {
      return false; // It is not there, or behind a folder that may not be entered.
    }
  },
  puppeteerPath() {
    try {
      return puppeteer.executablePath();
    } catch {
      return undefined; // Puppeteer offers no browser for this platform.
    }
  },
  run: (program, args) =>
    new Promise((resolve) => {
      // Standard output may be somebody's data, so progress goes to standard error; nothing may ask questions.
      const child = spawn(program === 'node' ? process.execPath : program, args, {
        stdio: ['ignore', 2, 2],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
      child.on('error', () => resolve(127));
      child.on('close', (status) => resolve(status ?? 1));
    }),
  say: (sentence) => process.stderr.write(`${sentence}\n`),
};

/**
 * The path of a browser; installs one, with progress on standard error, where there is none.
 *
 * @throws BrowserError naming what was tried
 */
export function ensureBrowser(): Promise<string> {
  return ensure(system, downloader());
}

/** The paths of all browsers found, the preferred first. @throws as `ensureBrowser` */
export async function ensureBrowsers(): Promise<readonly string[]> {
  await ensureBrowser();
  return findBrowsers();
}

/** The same, of what is there. @throws {BrowserError} where a variable names a file that does not exist */
export const findBrowsers = (): readonly string[] => find(system).paths;

/** @throws ValueError where the option names no file */
export function requireBrowserFile(path: string | undefined): void {
  if (path === undefined || system.isFile(path)) return;
  const advice = 'give the path of Chrome or Chromium, or leave it out to have one found or installed';
  throw new ValueError('--browser', 'names no file', path, advice);
}

/** @throws ValueError where browsers cannot keep their temporary files */
function requireTemporaryFolder(): void {
  try {
    accessSync(tmpdir(), constants.W_OK);
  } catch (cause) {
    const advice = 'set TMPDIR (on Windows TEMP) to a folder that you may write to, or unset it';
    throw new ValueError('temporary folder', 'nothing can be written there', tmpdir(), advice, { cause });
  }
}

export interface LaunchOptions {
  /** Shows a window. */
  readonly headed?: boolean;
  /** Which browser to start; by default the one that `ensureBrowser` gives. */
  readonly executablePath?: string;
  /** Further command line flags; those of INCEPTION_BROWSER_ARGS (separated by spaces) are always added. */
  readonly args?: readonly string[];
  /** Leaves SIGINT, SIGTERM and SIGHUP to the caller, who must then close the browser. Default: they end it. */
  readonly keepOnSignals?: boolean;
  /** Kills all its processes, whatever they do. */
  readonly kill?: AbortSignal;
  /** Milliseconds that it may take to start. For tests. */
  readonly patience?: number;
}

/**
 * Starts a browser in which WebGPU is on, and which ends with this process, even if that is killed. Other processes can
 * reach it only if `args` have it listen: `--remote-debugging-port=0`.
 *
 * @throws BrowserError where there is no browser, or it does not start, with what it printed; ValueError where there is
 * no temporary folder
 */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  requireTemporaryFolder();
  const executablePath = options.executablePath ?? (await ensureBrowser());
  const endOnSignals = !(options.keepOnSignals ?? false);
  const further = (process.env['INCEPTION_BROWSER_ARGS'] ?? '').split(' ').filter((arg) => arg !== '');
  const { patience = PATIENCE } = options;
  const start = new AbortController();
  const program = watchProgram(executablePath);
  const silence = new Promise<never>((_resolve, reject) => {
    start.signal.addEventListener('abort', () => reject(new Error(`no answer in ${patience / 1000} s`)));
  });
  const timer = setTimeout(() => start.abort(), patience);
  try {
    const launched = puppeteer.launch({
      executablePath,
      headless: !(options.headed ?? false),
      defaultViewport: null,
      handleSIGINT: endOnSignals,
      handleSIGTERM: endOnSignals,
      handleSIGHUP: endOnSignals,
      // Calls wait for whole training runs.
      protocolTimeout: 0,
      signal: AbortSignal.any([start.signal, ...(options.kill ? [options.kill] : [])]),
      args: [...flags(), ...(options.args ?? []), ...further],
    });
    return await Promise.race([launched, silence, program.failed]);
  } catch (error) {
    start.abort();
    const cause = error instanceof Error ? error : new Error(String(error));
    // Puppeteer's advice to itself is of no use here.
    const [reason = ''] = cause.message.split(/TROUBLESHOOTING|Either set headless/);
    const advice = /X server|DISPLAY/i.test(reason)
      ? 'a window needs a display: leave --headed out'
      : 'start it by hand to see why, or set INCEPTION_BROWSER to another one';
    const words = reason
      .replace(/\bstderr:\s*$/, '')
      .trim()
      .replace(/\.$/, '');
    const got = [words, program.printed()].filter(Boolean).join('; it printed: ').replace(/\s+/g, ' ');
    throw new BrowserError(executablePath, 'does not start', got, advice, { cause });
  } finally {
    clearTimeout(timer);
    program.forget();
  }
}

function flags(): string[] {
  return [
    // A pipe, not a port: it closes with this process, whatever ends it, and then the browser ends, too.
    '--remote-debugging-pipe',
    // Chrome refuses to run as root inside its sandbox; containers usually are root.
    ...(system.platform === 'linux' && system.root ? ['--no-sandbox'] : []),
    // Linux and software adapters hide WebGPU behind this.
    '--enable-unsafe-webgpu',
    // The browser is a test bed: it fetches and reports nothing.
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
  ];
}
