import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'puppeteer';

/** Has a browser listen on a port of its choice, for `endpointIn`. */
export const LISTEN = '--remote-debugging-port=0';

/** Where a browser listens whose profile is in this folder. */
export async function endpointIn(profile: string): Promise<string> {
  const file = join(profile, 'DevToolsActivePort');
  for (;;) {
    // Port and path, once both lines are written.
    const [port, path = ''] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    if (path !== '') return `ws://127.0.0.1:${port}${path}`;
    await wait(20);
  }
}

/** The folder with a browser's profile. */
export function profileOf(browser: Browser): string {
  const flag = '--user-data-dir=';
  const found = browser.process()?.spawnargs.find((arg) => arg.startsWith(flag));
  if (found === undefined) throw new Error('browser: has no profile of its own');
  return found.slice(flag.length);
}
