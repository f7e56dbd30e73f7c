import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { openBrowserHost } from './host/browser_host';
import { openNodeHost } from './host/node_host';
import type { Host, HostOptions } from './host/host';
import type { Adapter } from './jobs/context';
import { printed, type Paragraphs } from '../src/text/table';
import { markdown } from './report/markdown';
import { originLines, type Origin } from './report/origin';

export interface CommonOptions extends HostOptions {
  /** Folder for the results; default: one named after what is measured, and the date. */
  readonly out?: string;
  /** The command line, to stand beside the figures. */
  readonly command: string;
}

export interface Measured {
  readonly adapter: Adapter;
  /** Everything, as plain data. */
  readonly results: object;
  readonly text: Paragraphs;
  /** By the names of their files. */
  readonly images: (origin: Origin) => Readonly<Record<string, TopLevelSpec>>;
  /** Further files: name and content. */
  readonly files?: Readonly<Record<string, string>>;
}

const openHost = (options: HostOptions): Promise<Host> =>
  options.runtime === 'node' ? openNodeHost(options) : openBrowserHost(options);

/** Opens a host, measures in it, tells the results with their origin, and keeps them as JSON, Markdown and images. */
export async function measure(
  name: string,
  options: CommonOptions,
  work: (host: Host, openAnother: () => Promise<Host>) => Promise<Measured>,
): Promise<void> {
  const date = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const host = await openHost(options);
  let measured: Measured;
  try {
    measured = await work(host, () => openHost(options));
  } finally {
    await host.close();
  }
  const { adapter, results, text, images, files = {} } = measured;
  const origin: Origin = { adapter, runtime: host.version, date, command: options.command };
  const whole = [originLines(origin), ...text];
  console.log(printed(whole));

  const folder = options.out ?? join('runs', `${name}_${stamp()}`);
  mkdirSync(folder, { recursive: true });
  const json = `${JSON.stringify({ ...origin, ...results }, undefined, 2)}\n`;
  const texts = Object.entries({
    [`${name}.json`]: json,
    [`${name}.md`]: `${markdown(whole)}\n`,
    ...files,
  });
  for (const [file, content] of texts) writeFileSync(join(folder, file), content);
  // Not above: whoever only wants help need not wait for it.
  const { writePictures } = await import('./report/picture');
  const drawn = await writePictures(folder, images(origin), options.browser);
  console.log(`\nwritten to ${folder}: ${[...texts.map(([file]) => file), ...drawn].join(', ')}`);
}

const stamp = (): string => new Date().toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-');
