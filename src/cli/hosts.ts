// Who computes: a page in a browser, or Dawn in this process.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { ValueError } from '../core/errors';
import { ensureBrowsers, findBrowsers } from './browser';
import { BrowserError } from './browser_find';
import { openFirst } from './first_browser';
import type { ModuleServer } from './module_server';
import type { Options } from './options_type';
import { servePage, type Served } from './page_server';
import { WorkPage, type Host, type Work } from './work_page';

/** Of the package `webgpu`; undefined where it is not installed. */
export function dawnVersion(): string | undefined {
  try {
    const { version } = createRequire(import.meta.url)('webgpu/package.json') as { readonly version: string };
    return version;
  } catch {
    return undefined;
  }
}

/** What hosts do. */
export interface Job {
  readonly served: Served;
  readonly work: Work;
  /** Without a browser. @param dawn version of the package `webgpu` */
  readonly inNode: (dawn: string) => Promise<Host>;
}

/** Opens hosts, one after the other: all are of the first one's kind. */
export class Hosts {
  /** Undefined until the first is open, where nobody chose. */
  kind: Options['host'];
  /** The last one. */
  opening: Promise<Host> | undefined;
  readonly #job: Job;
  readonly #say: (sentence: string) => void;
  readonly #headed: boolean;
  readonly #token = randomBytes(16).toString('hex');
  #browsers: readonly string[];
  #server: ModuleServer | undefined;

  constructor(
    { host, browser, headed }: Pick<Options, 'host' | 'browser' | 'headed'>,
    job: Job,
    say: (sentence: string) => void = console.log,
  ) {
    this.kind = host ?? (browser !== undefined || headed ? 'chrome' : undefined);
    this.#browsers = browser === undefined ? [] : [browser];
    this.#headed = headed;
    this.#job = job;
    this.#say = say;
  }

  /** For `work` of a host. */
  get url(): string {
    return `${this.#server?.url ?? ''}#${this.#token}`;
  }

  /**
   * Where nobody chose: a browser that is there and has an adapter, else Dawn where it is installed, else a browser that
   * is then installed.
   * @throws {BrowserError} of a browser; {ValueError} without the package `webgpu`; what `inNode` of the job throws
   */
  async open(): Promise<Host> {
    const dawn = this.kind === undefined && dawnVersion() !== undefined;
    if (this.kind !== 'node' && this.#browsers.length === 0)
      this.#browsers = dawn ? findBrowsers() : await ensureBrowsers();
    if (this.#browsers.length > 0) {
      try {
        return await openFirst(this.#browsers, (path) => this.#openBrowser(path), this.#say);
      } catch (error) {
        if (!dawn || !(error instanceof BrowserError)) throw error;
        this.#say(`${error.message}; trying Dawn in Node`);
        this.#browsers = [];
      }
    }
    this.kind = 'node';
    const version = dawnVersion();
    if (version === undefined) {
      const problem = 'needs the package webgpu, which is not installed';
      throw new ValueError('--host', problem, 'node', 'npm install webgpu');
    }
    this.opening = this.#job.inNode(version);
    return this.opening;
  }

  async #openBrowser(path: string): Promise<WorkPage> {
    this.#server ??= await servePage(this.#job.served, this.#token);
    const opening = WorkPage.open(path, this.#headed, this.#job.work);
    this.opening = opening;
    const page = await opening;
    await page.requireAdapter(this.#server.url);
    this.kind = 'chrome';
    this.#browsers = [path];
    return page;
  }

  async close(): Promise<void> {
    const host = await this.opening?.catch(() => undefined);
    await host?.close();
    await this.#server?.close();
  }
}
