import { launchBrowser } from '../../src/cli/browser';
import { EngineError } from '../../src/core/errors';
import type { Options } from './options';
import type { PageFace } from './page/face';
import { startServer } from './server';

export interface Opened {
  readonly page: PageFace;
  /** Name and version of the browser. */
  readonly browser: string;
  readonly close: () => Promise<void>;
}

type PageOptions = Pick<Options, 'headed' | 'browser'>;

/** Opens the page in a browser of its own. */
export async function openPage({ headed, browser: executablePath }: PageOptions): Promise<Opened> {
  const server = await startServer();
  // On a software adapter a single dispatch of a peer can take longer than the watchdog allows.
  const browser = await launchBrowser({
    headed,
    args: ['--disable-gpu-watchdog'],
    ...(executablePath !== undefined && { executablePath }),
  });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`page: ${message.text()}`);
    });
    await page.goto(server.url);
    const there = await page
      .waitForFunction(() => window.peers !== undefined, { timeout: 120_000 })
      .catch(() => false);
    if (there === false) throw new EngineError('bench peers', 'the page did not start', faults.join('; '));

    const call =
      <K extends keyof PageFace>(method: K) =>
      (...args: Parameters<PageFace[K]>) =>
        page.evaluate(
          (method, args) =>
            (window.peers?.[method] as ((...args: unknown[]) => Promise<unknown>) | undefined)?.(...args),
          method,
          args,
        ) as ReturnType<PageFace[K]>;
    const face: PageFace = {
      open: call('open'),
      start: call('start'),
      compare: call('compare'),
      count: call('count'),
      run: call('run'),
      stop: call('stop'),
    };
    return { page: face, browser: await browser.version(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
