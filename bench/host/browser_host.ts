import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'puppeteer';
import { launchBrowser } from '../../src/cli/browser';
import { startModuleServer } from '../../src/cli/module_server';
import { EngineError } from '../../src/core/errors';
import type { Arguments, JobName, Result } from '../jobs/index';
import type { Host, HostOptions } from './host';
import './page_face';
import { browserMemory } from './process_memory';

const PAGE = new URL('page.html', import.meta.url);

/** Jobs in a page of a browser that is started for them. */
export async function openBrowserHost(options: HostOptions): Promise<Host> {
  const server = await startModuleServer({
    folders: ['src', 'shaders', 'bench'],
    handlers: {
      page: (_request, response) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        // Isolated, so that the clock is fine.
        response.setHeader('cross-origin-opener-policy', 'same-origin');
        response.setHeader('cross-origin-embedder-policy', 'require-corp');
        response.end(readFileSync(PAGE));
      },
    },
  });
  let browser: Browser | undefined;
  let signal: ReturnType<typeof watchSignals> | undefined;
  const close = async (): Promise<void> => {
    signal?.forget();
    await browser?.close().catch(() => undefined); // It may be gone already.
    await server.close();
  };
  /** Puppeteer's errors of a browser that is gone say nothing to whoever ended it. */
  const explained = (error: unknown): unknown =>
    browser?.connected === false
      ? new EngineError('bench', 'the browser ended first', signal?.got(), 'nothing is written')
      : error;
  const explain = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explained(error);
    }
  };
  try {
    browser = await launchBrowser({
      headed: options.headed,
      ...(options.browser !== undefined && { executablePath: options.browser }),
      // Timestamps as they are, not rounded to 0.1 ms; the work is the same.
      args: ['--disable-dawn-features=timestamp_quantization'],
    });
    signal = watchSignals();
    const opened = browser;
    const page = await openPage(opened, `${server.url}page`, options);
    return {
      version: await opened.version(),
      run: (name, args) => explain(run(page, name, args)),
      memory: () => explain(browserMemory(opened, page)),
      close,
    };
  } catch (error) {
    const reason = explained(error);
    await close();
    throw reason;
  }
}

/** The signals at which puppeteer closes the browser and leaves this process to go on. */
function watchSignals() {
  let got: string | undefined;
  const note = (signal: string): void => void (got = signal);
  const signals = ['SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, note);
  return {
    got: () => got,
    forget: () => signals.forEach((signal) => process.off(signal, note)),
  };
}

async function openPage(browser: Browser, url: string, { onProgress }: HostOptions): Promise<Page> {
  const [page = await browser.newPage()] = await browser.pages();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'info') onProgress(message.text());
    else if (message.type() === 'error') faults.push(message.text());
  });
  // Modules are made while they are asked for, which takes its time on a busy machine.
  await page.goto(url, { waitUntil: 'load', timeout: 120_000 });
  const ready = await page.evaluate(() => window.bench !== undefined);
  if (!ready) throw new EngineError('benchmark page', 'did not start', faults.join('; '));
  return page;
}

async function run<N extends JobName>(page: Page, name: N, args: Arguments<N>): Promise<Result<N>> {
  const reply = await page.evaluate((job, text) => window.bench?.(job, text), name, JSON.stringify(args));
  if (!reply) throw new EngineError('benchmark page', 'was reloaded');
  if ('fault' in reply) throw new EngineError(`bench ${name}`, reply.fault);
  return JSON.parse(reply.value) as Result<N>;
}
