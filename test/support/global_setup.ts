// Runs once before all tests: one server, and for each process of tests a browser with one page and one GPU device.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import type { TestProject } from 'vitest/node';
import { ensureBrowser, launchBrowser } from '../../src/cli/browser';
import { endpointIn, LISTEN, profileOf } from './endpoint';
import './job';
import { startServer } from './server';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the browsers, one for each process of tests. */
    browserEndpoints: string[];
    serverUrl: string;
    /** A folder for what the processes of a run share; it ends with the run. */
    scratch: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const executablePath = await ensureBrowser();
  const server = await startServer();
  const browsers: Browser[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'inception-tests-'));
  const teardown = async (): Promise<void> => {
    for (const browser of browsers) await browser.close();
    await server.close();
    rmSync(scratch, { recursive: true });
  };
  try {
    const endpoints: string[] = [];
    for (let process = 0; process < project.config.maxWorkers; process++) {
      const browser = await launchBrowser({ executablePath, args: [LISTEN] });
      browsers.push(browser);
      const adapter = await open(await browser.newPage(), server.url);
      if (process === 0) console.log(`${await browser.version()}, WebGPU adapter: ${adapter}`);
      endpoints.push(await endpointIn(profileOf(browser)));
    }
    project.provide('browserEndpoints', endpoints);
    project.provide('serverUrl', server.url);
    project.provide('scratch', scratch);
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}

/** Opens the test page and gives the adapter's name. */
async function open(page: Page, url: string): Promise<string> {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} for ${response.url()}`);
  });
  // What a job prints is for the person at the terminal; errors reach the test that caused them.
  page.on('console', (message) => {
    if (message.type() === 'log') console.log(`page: ${message.text()}`);
  });
  await page.goto(new URL('page', url).href);
  const adapter = await page.evaluate(
    () =>
      window.inception?.ready.then(
        (name) => ({ name }),
        (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
      ) ?? { error: 'the test page did not start' },
  );
  if ('name' in adapter) return adapter.name;
  throw new Error([adapter.error, ...faults].join('\n'));
}
