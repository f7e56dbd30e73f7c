import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { openBrowserHost } from './host/browser_host';
import type { Host, HostOptions } from './host/host';
import type { Adapter } from './jobs/context';
import { originLines, type Origin } from './report/origin';

export interface CommonOptions extends HostOptions {
  /** Where the results go as JSON. */
  readonly out?: string;
  /** The command line, to stand beside the figures. */
  readonly command: string;
}

export interface Measured {
  readonly adapter: Adapter;
  /** Everything, as plain data. */
  readonly results: object;
  readonly text: string;
}

const openHost = (options: HostOptions): Promise<Host> => openBrowserHost(options);

/** Opens a host, measures in it, and tells the results with their origin. */
export async function measure(
  options: CommonOptions,
  work: (host: Host, openAnother: () => Promise<Host>) => Promise<Measured>,
): Promise<void> {
  const date = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const host = await openHost(options);
  try {
    const { adapter, results, text } = await work(host, () => openHost(options));
    const origin: Origin = { adapter, runtime: host.version, date, command: options.command };
    console.log(`${originLines(origin)}\n\n${text}`);
    if (options.out === undefined) return;
    mkdirSync(dirname(options.out), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify({ ...origin, ...results }, undefined, 2)}\n`);
  } finally {
    await host.close();
  }
}
