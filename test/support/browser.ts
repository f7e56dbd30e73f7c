import puppeteer, { type Page } from 'puppeteer';
import { inject } from 'vitest';
import type { Job, JobContext, Reply } from './job';
import { decode, encode, type Json, type Received } from './wire';

let page: Promise<Page> | undefined;

/**
 * Runs a job in the page and gives its result; typed arrays arrive as plain arrays, NaN and infinities as they are.
 *
 *     import type { addOne } from '../support/jobs/harness';
 *     const y = await call<typeof addOne>('addOne', { x: [1, 2] });
 *
 * @throws Error if the job throws, or any GPU error, console error or stray rejection shows while it runs
 */
export async function call<J extends Job = (context: JobContext, args: Json) => Promise<Json>>(
  name: string,
  args: Parameters<J>[1],
): Promise<Received<Awaited<ReturnType<J>>>> {
  page ??= connect();
  const opened = await page;
  const text = await opened.evaluate((name, args) => window.inception?.run(name, args), name, encode(args));
  if (text === undefined) throw new Error(`job ${name}: the test page was reloaded`);
  const reply = decode(text) as Reply;
  if ('faults' in reply) throw new Error(`job ${name}: ${reply.faults.join('\n')}`);
  return reply.value as Received<Awaited<ReturnType<J>>>;
}

/** The address at which the page reaches a file of the repository, e.g. `test/fixtures/scores.json`. */
export function fileUrl(path: string): string {
  return new URL(`files/${path}`, inject('serverUrl')).href;
}

async function connect(): Promise<Page> {
  // No timeout: a job may train for minutes.
  const browser = await puppeteer.connect({
    browserWSEndpoint: inject('browserEndpoint'),
    defaultViewport: null,
    protocolTimeout: 0,
  });
  const pages = await browser.pages();
  const found = pages.find((candidate) => candidate.url().startsWith(inject('serverUrl')));
  if (found === undefined) throw new Error(`test page: is gone; got ${pages.length} other pages`);
  return found;
}
