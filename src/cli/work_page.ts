import type { Browser, Page } from 'puppeteer';
import type { DoctorEvent, EndEvent, Fault, PageEvent } from '../app/events';
import { EngineError } from '../core/errors';
import { launchBrowser } from './browser';

/** The page or its browser failed. */
export class PageError extends EngineError {}

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

export const TRAINING: Work = { doing: 'training', advice: 'try a smaller --batch or --size' };

/** A page at work in a browser of its own. */
export class WorkPage {
  readonly version: string;
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #failed: Promise<never>;
  #closing = false;

  private constructor(browser: Browser, page: Page, version: string, { doing, advice }: Work) {
    this.#browser = browser;
    this.#page = page;
    this.version = version;
    this.#failed = new Promise<never>((_resolve, reject) => {
      const fail = (error: PageError): void => {
        if (!this.#closing) reject(error);
      };
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
      page.on('pageerror', (error) => fail(new PageError('browser', 'the page failed', describe(error))));
    });
    // Whoever waits in `work` hears of it.
    this.#failed.catch(() => undefined);
  }

  /** @throws {BrowserError} if it does not start */
  static async open(executablePath: string, headed: boolean, work: Work): Promise<WorkPage> {
    const browser = await launchBrowser({
      executablePath,
      headed,
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
      return new WorkPage(browser, page, await browser.version(), work);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /**
   * Opens the address and waits until the page says that it is done.
   * @param onEvent gets what the page tells: a page tells events of one kind
   * @throws {PageError} if page or browser fail, or what `onEvent` throws
   */
  async work(url: string, onEvent: (event: never) => void): Promise<void> {
    let finish: () => void = () => undefined;
    let fail: (error: unknown) => void = () => undefined;
    const finished = new Promise<void>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    await this.#page.exposeFunction('reportEvent', (event: PageEvent | DoctorEvent | EndEvent) => {
      if (event.kind === 'done') {
        finish();
        return;
      }
      if (event.kind === 'failed') {
        fail(pageError(event.fault));
        return;
      }
      try {
        onEvent(event as never);
      } catch (error) {
        fail(error);
      }
    });
    // Modules are made while they are asked for, which takes its time on a busy machine.
    const opened = this.#page.goto(url, { waitUntil: 'domcontentloaded', timeout: 120_000 });
    await Promise.race([Promise.all([opened, finished]), this.#failed]);
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
    // It may be gone already.
    await this.#browser.close().catch(() => undefined);
  }
}

/** The engine advises programmers; here it is a person at the command line who can do something. */
const ADVICE: Readonly<Record<string, string>> = {
  LimitError: 'a smaller --batch, --size or --width needs less memory',
  OutOfMemoryError: 'a smaller --batch, --size or --width needs less memory',
  DeviceLostError: 'start again; with a smaller --batch or --size each step keeps the GPU busy for less time',
};

function pageError({ name, where, problem, got, advice }: Fault): PageError {
  // The page knows which options would help where it has tried them.
  const isForCommandLine = advice?.includes('--') === true;
  const rest = [where, problem, got, isForCommandLine ? advice : (ADVICE[name] ?? advice)] as const;
  // A new browser has a new GPU process.
  return ['DeviceLostError', 'NoAdapterError'].includes(name)
    ? new PageLostError('the GPU was lost', ...rest)
    : new PageError(...rest);
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
