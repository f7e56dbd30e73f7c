// A page of a project in headless Chrome, from a server that knows nothing but files.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { launchBrowser } from '../../src/cli/browser';
import type { Did } from './consumer';
import type { Trained } from './program/train';

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };

/** @returns what the page in this folder comes to */
export const trainedInChrome = (folder: string, page?: string): Promise<Trained> =>
  resultInChrome<Trained>(folder, page);

/** Whether a page that decodes a picture does so in a worker. */
export async function decodedInChrome(folder: string): Promise<Did> {
  const result = JSON.stringify(await resultInChrome(folder));
  if (result !== '{"width":10,"height":5,"workers":1}')
    throw new Error(`decodes nothing in a worker: ${result}`);
  return { what: 'a picture decoded in a worker of the package' };
}

async function resultInChrome<T>(folder: string, page = 'index.html'): Promise<T> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname;
    try {
      const bytes = readFileSync(join(folder, path));
      response
        .writeHead(200, { 'content-type': TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain' })
        .end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    const failed = new Promise<never>((_resolve, reject) => {
      tab.on('pageerror', (error) => reject(error as Error));
      tab.on('requestfailed', (request) => reject(new Error(`${request.url()} cannot be loaded`)));
      tab.on('response', (response) => {
        if (response.status() >= 400) reject(new Error(`${response.url()}: status ${response.status()}`));
      });
    });
    const { port } = server.address() as AddressInfo;
    const asked = tab
      .goto(`http://127.0.0.1:${port}/${page}`)
      .then(() => tab.evaluate('globalThis.result') as Promise<T | undefined>);
    const result = await Promise.race([asked, failed]);
    if (!result) throw new Error(`${page} has no result`);
    return result;
  } finally {
    await browser.close();
    server.close();
  }
}
