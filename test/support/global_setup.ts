// Runs once before all tests: one server, one browser, one page, one GPU device.
import type { Page } from 'puppeteer';
import type { TestProject } from 'vitest/node';
import { ensureBrowser, launchBrowser } from '../../src/cli/browser';
import { endpointIn, LISTEN, profileOf } from './endpoint';
import './job';
import { startServer } from './server';

declare module 'vitest' {
  export interface ProvidedContext {
    browserEndpoint: string;
    serverUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const executablePath = await ensureBrowser();
  const server = await startServer();
  const browser = await launchBrowser({ executablePath, args: [LISTEN] });
  const teardown = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    const adapter = await open(page, server.url);
    console.log(`${await browser.version()}, WebGPU adapter: ${adapter}`);
    project.provide('browserEndpoint', await endpointIn(profileOf(browser)));
    project.provide('serverUrl', server.url);
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
