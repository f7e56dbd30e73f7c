import { readFileSync } from 'node:fs';
import { Presets, SingleBar } from 'cli-progress';
import type { DoctorEvent } from '../../app/events';
import { EngineError } from '../../core/errors';
import { ensureBrowsers, requireBrowserFile } from '../browser';
import { openFirst } from '../first_browser';
import { onInterrupt } from '../interrupt';
import { startModuleServer } from '../module_server';
import { WorkPage } from '../work_page';
import type { DoctorOptions } from './options';

const PAGE = new URL('../../app/doctor.html', import.meta.url);
const STOPPED = 130;

const WORK = { doing: 'checking the GPU', advice: 'say so in a bug report, with the browser and the GPU' };

/** A page that checks the GPU. */
export interface DoctorPage {
  /** Until the page is done. @throws {EngineError} if page or browser fail */
  work(onEvent: (event: DoctorEvent) => void): Promise<void>;
  /** Until somebody closes the window. */
  closed(): Promise<void>;
  close(): Promise<void>;
}

async function openPage({ browser, headed }: DoctorOptions): Promise<DoctorPage> {
  const browsers = browser === undefined ? await ensureBrowsers() : [browser];
  const server = await startModuleServer({
    folders: ['src', 'shaders'],
    handlers: {
      page: (_request, response) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(readFileSync(PAGE));
      },
    },
  });
  try {
    const open = async (path: string): Promise<WorkPage> => {
      const opened = await WorkPage.open(path, headed, WORK);
      await opened.requireAdapter(server.url);
      return opened;
    };
    const page = await openFirst(browsers, open, (sentence) => process.stderr.write(`${sentence}\n`));
    return {
      work: (onEvent) => page.work(`${server.url}page`, onEvent),
      closed: () => page.closed(),
      async close() {
        await page.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/**
 * Checks the GPU, prints what was found on standard output, how far it is on standard error, and gives the exit code.
 * @param open for tests
 */
export async function run(options: DoctorOptions, open = openPage): Promise<number> {
  requireBrowserFile(options.browser);
  const bar = startBar();
  let stop: () => void = () => undefined;
  const stopped = new Promise<number>((resolve) => (stop = () => resolve(STOPPED)));
  const forget = onInterrupt(
    () => stop(),
    () => process.exit(STOPPED),
  );
  let page: DoctorPage | undefined;
  try {
    const opening = open(options).then((opened) => (page = opened));
    const code = await Promise.race([opening.then((opened) => check(opened, bar)), stopped]);
    bar.stop();
    if (options.headed && code !== STOPPED) {
      process.stderr.write('The window stays open; close it or press Ctrl-C.\n');
      await Promise.race([page?.closed(), stopped]);
    }
    return code;
  } finally {
    bar.stop();
    await page?.close();
    forget();
  }
}

async function check(page: DoctorPage, bar: Bar): Promise<number> {
  let found: Extract<DoctorEvent, { kind: 'checked' }> | undefined;
  await page.work((event) => {
    if (event.kind === 'checked') found = event;
    else bar.update(event.progress.done, event.progress.count, event.progress.next);
  });
  if (!found) throw new EngineError('doctor', 'the page ended without a result');
  bar.stop();
  process.stdout.write(`${found.text}\n`);
  return found.ok ? 0 : 1;
}

interface Bar {
  update(done: number, count: number, next: string): void;
  stop(): void;
}

/** On a terminal; standard output is somebody's report. */
function startBar(): Bar {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const options = { format: 'checking {bar} {value}/{total} {next}', stream: process.stderr, barsize: 20 };
  const bar = new SingleBar({ ...options, hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
  return {
    update(done, count, next) {
      if (!bar.isActive) bar.start(count, done, { next });
      bar.update(done, { next });
    },
    stop() {
      if (bar.isActive) bar.stop();
    },
  };
}
