import puppeteer, { type Page } from 'puppeteer';
import { inject } from 'vitest';
import type { Runner } from './job';

let page: Promise<Page> | undefined;

/** The runner of the page that global_setup.ts opened for this process. */
export const pageRunner: Pick<Runner, 'run'> = {
  async run(name, args) {
    page ??= connect();
    const opened = await page;
    const text = await opened.evaluate((name, args) => window.inception?.run(name, args), name, args);
    if (text === undefined) throw new Error(`job ${name}: the test page was reloaded`);
    return text;
  },
};

async function connect(): Promise<Page> {
  // No timeout: a job may train for minutes.
  // Vitest numbers its processes from 1.
  const endpoint = inject('browserEndpoints')[Number(process.env['VITEST_POOL_ID']) - 1];
  const browser = await puppeteer.connect({
    ...(endpoint !== undefined && { browserWSEndpoint: endpoint }),
    defaultViewport: null,
    protocolTimeout: 0,
  });
  const pages = await browser.pages();
  const found = pages.find((candidate) => candidate.url().startsWith(inject('serverUrl')));
  if (found === undefined) throw new Error(`test page: is gone; got ${pages.length} other pages`);
  return found;
}
