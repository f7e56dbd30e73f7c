import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, HTTPResponse, Page } from 'puppeteer';
import type { DoctorEvent, EndEvent, Fault, PageEvent } from '../app/events';
import { messageOf } from '../core/check';
import { EngineError } from '../core/errors';
import { launchBrowser } from './browser';
import { BrowserError } from './browser_find';

/** The page or its browser failed. */
export class PageError extends EngineError {
  override readonly name: string = 'PageError';
}

/** The page is gone, its browser or its GPU; another one may go on. */
export class PageLostError extends PageError {
  constructor(
    /** Begins a sentence. */
    readonly lost: string,
    ...rest: ConstructorParameters<typeof PageError>
  ) {
    super(...rest);
  }
}

/** What a page does, for what is said when it fails. */
export interface Work {
  /** Completes `while the page was ...`. */
  readonly doing: string;
  /** What to do if the page crashes. */
  readonly advice: string;
}

/** Seconds without a sign of life after which a page is lost. A page tells of each submit that the GPU has done. */
const SILENCE = 60;
/** Milliseconds that a browser may take to close, or to say whether it has an adapter. */
const PATIENCE = { close: 5000, adapter: 30_000 };

export const TRAINING: Work = { doing: 'training', advice: 'try a smaller --batch or --size' };

/** Who computes: a page, or this process. */
export type Host = Pick<WorkPage, 'work' | 'stop' | 'close' | 'closed' | 'version'>;

/** A page at work in a browser of its own. */
export class WorkPage {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #kill: AbortController;
  readonly #failed: Promise<never>;
  #fail: (error: PageError) => void = () => undefined;
  #closing = false;
  /** Seconds without a sign of life. */
  #silent = 0;

  private constructor(
    browser: Browser,
    page: Page,
    readonly version: string,
    kill: AbortController,
    { doing, advice }: Work,
  ) {
    this.#browser = browser;
    this.#page = page;
    this.#kill = kill;
    this.#failed = new Promise<never>((_resolve, reject) => {
      const fail = (error: PageError): void => {
        if (!this.#closing) reject(error);
      };
      this.#fail = fail;
      browser.on('disconnected', () => {
        const problem = `ended while the page was ${doing}`;
        fail(new PageLostError('the browser died', 'browser', problem, undefined, 'start again'));
      });
      page.on('close', () => {
        const problem = `its window was closed while the page was ${doing}`;
        fail(new PageError('browser', problem, undefined, 'start again'));
      });
      page.on('error', ({ message }) => {
        fail(new PageLostError('the page crashed', 'browser', 'the page crashed', message, advice));
      });
      page.on('pageerror', (error) => fail(new PageError('browser', 'the page failed', messageOf(error))));
      page.on('response', (response) => {
        this.#silent = 0;
        if (isModule(response) && response.status() >= 400) void notLoaded(response).then(fail);
      });
    });
    // Whoever waits in `work` hears of it.
    this.#failed.catch(() => undefined);
  }

  /** @throws {BrowserError} if it does not start */
  static async open(executablePath: string, headed: boolean, work: Work): Promise<WorkPage> {
    const kill = new AbortController();
    const browser = await launchBrowser({
      executablePath,
      headed,
      kill: kill.signal,
      // Ctrl-C ends the work, not the browser under it.
      keepOnSignals: true,
      // A window that is covered by others must not slow down.
      args: [
        '--window-size=1200,1000',
        '--disable-backgrounding-occluded-windows',
        '--disable-renderer-backgrounding',
      ],
    });
    try {
      const [page = await browser.newPage()] = await browser.pages();
      return new WorkPage(browser, page, await browser.version(), kill, work);
    } catch (error) {
      kill.abort();
      throw error;
    }
  }

  /**
   * @param server only a page that was served may use WebGPU, be it that there is none
   * @throws {BrowserError} without a WebGPU adapter; the browser is then closed
   */
  async requireAdapter(server: string): Promise<void> {
    const asked = this.#page
      .goto(new URL('/none', server).href)
      .then(() =>
        this.#page.evaluate(async () => Boolean(await (navigator.gpu as GPU | undefined)?.requestAdapter())),
      );
    const late = sleep(PATIENCE.adapter, `no answer in ${PATIENCE.adapter / 1000} s`, { ref: false });
    const found = await Promise.race([asked, late]).catch(messageOf);
    if (found === true) return;
    await this.close();
    const path = this.#browser.process()?.spawnfile ?? 'browser';
    const got = [this.version, found].filter(Boolean).join(', ');
    throw new BrowserError(path, 'gives no WebGPU adapter', got, 'update it or the driver, or name another');
  }

  /**
   * Opens the address and waits until the page says that it is done.
   * @param onEvent gets what the page tells: a page tells events of one kind
   * @param silence seconds without a sign of life after which the page is lost
   * @throws {PageError} if page or browser fail or say nothing more, or what `onEvent` throws
   */
  async work(url: string, onEvent: (event: never) => void, silence = SILENCE): Promise<void> {
    let finish: () => void = () => undefined;
    let fail: (error: unknown) => void = () => undefined;
    const finished = new Promise<void>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    await this.#page.exposeFunction('reportEvent', (event: PageEvent | DoctorEvent | EndEvent) => {
      this.#silent = 0;
      try {
        if (event.kind === 'done') finish();
        else if (event.kind === 'failed') fail(pageError(event.fault));
        else if (event.kind !== 'alive') onEvent(event as never);
      } catch (error) {
        fail(error);
      }
    });
    // Modules are made while they are asked for, which takes its time on a busy machine.
    const opened = this.#page.goto(url, { waitUntil: 'domcontentloaded', timeout: 120_000 });
    // Counted, not timed: where this process was stopped itself, the page shall not pay for it.
    const watch = setInterval(() => {
      if (++this.#silent > silence) this.#fail(silent(silence));
    }, 1000);
    await Promise.race([Promise.all([opened, finished]), this.#failed]).finally(() => clearInterval(watch));
  }

  /** Of the browser's first process, which leads a group; undefined where it is gone. */
  get pid(): number | undefined {
    return this.#browser.process()?.pid;
  }

  /** Ends training after the step under way. */
  async stop(): Promise<void> {
    await this.#page.evaluate(() => window.stopTraining?.());
  }

  /** Until somebody closes the window. */
  async closed(): Promise<void> {
    this.#closing = true;
    if (!this.#browser.connected || this.#page.isClosed()) return;
    await new Promise<void>((resolve) => {
      this.#browser.on('disconnected', () => resolve());
      this.#page.on('close', () => resolve());
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    // It may be gone already, or stopped.
    await Promise.race([this.#browser.close().catch(() => undefined), sleep(PATIENCE.close)]);
    this.#kill.abort();
  }
}

const silent = (seconds: number): PageLostError => {
  const problem = `page, browser or GPU gave no sign of life for ${seconds} s`;
  return new PageLostError('the page said nothing more', 'browser', problem, undefined, 'start again');
};

const isModule = (response: HTTPResponse): boolean =>
  ['script', 'stylesheet'].includes(response.request().resourceType());

async function notLoaded(response: HTTPResponse): Promise<PageError> {
  const text = await response.text().catch(() => '');
  const [reason = ''] = text
    .replace(/<[^>]*>/g, ' ')
    .trim()
    .split('\n');
  const got = `${response.status()} ${reason}`.trim();
  const advice = 'run npm ci; if it stays, say so in a bug report';
  return new PageError(response.url(), 'the page cannot load it', got, advice);
}

/** The engine advises programmers; here it is a person at the command line who can do something. */
const ADVICE: Readonly<Record<string, string>> = {
  LimitError: 'a smaller --batch, --size or --width needs less memory',
  OutOfMemoryError: 'a smaller --batch, --size or --width needs less memory',
  DeviceLostError: 'start again; with a smaller --batch or --size each step keeps the GPU busy for less time',
};

/** Of what a page, or what does its work, failed with. */
export function pageError({ name, where, problem, got, advice }: Fault): PageError {
  // The page knows which options would help where it has tried them.
  const isForCommandLine = advice?.includes('--') === true;
  const rest = [where, problem, got, isForCommandLine ? advice : (ADVICE[name] ?? advice)] as const;
  // A new browser has a new GPU process.
  return ['DeviceLostError', 'NoAdapterError'].includes(name)
    ? new PageLostError('the GPU was lost', ...rest)
    : new PageError(...rest);
}
