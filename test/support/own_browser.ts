// A browser of a test's own: its pages may be reloaded, crashed, or share files, which the one page of all other tests must not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'puppeteer';
import { inject } from 'vitest';
import { launchBrowser } from '../../src/cli/browser';
import { callOn } from './call';
import type { Job } from './job';
import type { Received } from './wire';

/** A tab with the test page in it, a GPU device of its own, and the files of all tabs. */
export class Tab {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, path: string): Promise<Tab> {
    const tab = new Tab(await browser.newPage());
    await tab.page.goto(new URL(path, inject('serverUrl')).href);
    await tab.#ready();
    return tab;
  }

  /** As `call` in the page of all other tests. */
  call<J extends Job>(name: string, args: Parameters<J>[1]): Promise<Received<Awaited<ReturnType<J>>>> {
    return callOn<J>({ run: (name, text) => this.#run(name, text) }, name, args);
  }

  /** What the page did so far is gone, but for its files. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#ready();
  }

  session(): Promise<CDPSession> {
    return this.page.createCDPSession();
  }

  /** Ends its process at once, in the midst of whatever it does. */
  async crash(): Promise<void> {
    const crashed = new Promise((resolve) => this.page.once('error', resolve));
    const session = await this.session();
    // It never answers.
    void session.send('Page.crash').catch(() => undefined);
    await crashed;
  }

  async #ready(): Promise<void> {
    await this.page.evaluate(() => window.inception?.ready);
  }

  async #run(name: string, args: string): Promise<string> {
    const text = await this.page.evaluate((name, args) => window.inception?.run(name, args), name, args);
    if (text === undefined) throw new Error(`job ${name}: the page has no runner`);
    return text;
  }
}

export class OwnBrowser {
  readonly #profile = mkdtempSync(join(tmpdir(), 'inception-profile-'));
  #browser: Promise<Browser> | undefined;

  /**
   * Opens the browser where it is closed; its files are those of before.
   * @param path another page than the one that runs jobs
   */
  async tab(path = 'page'): Promise<Tab> {
    this.#browser ??= launchBrowser({ args: [`--user-data-dir=${this.#profile}`] });
    return Tab.open(await this.#browser, path);
  }

  /** Ends it at once, with all its processes but those that end by themselves. */
  async kill(): Promise<void> {
    const browser = await this.#browser;
    const ended = new Promise((resolve) => browser?.process()?.once('exit', resolve));
    browser?.process()?.kill('SIGKILL');
    await ended;
    this.#browser = undefined;
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
