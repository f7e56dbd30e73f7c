import type { DoctorEvent } from '../../app/events';
import { EngineError } from '../../core/errors';
import { ensureBrowsers, requireBrowserFile } from '../browser';
import { openFirst } from '../first_browser';
import { onInterrupt } from '../interrupt';
import { htmlPage, startModuleServer } from '../module_server';
import { startProgress, type Progress } from '../progress';
import { FOLDERS } from '../sources';
import { WorkPage } from '../work_page';
import type { DoctorOptions } from './options';

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

async function openPage({ browser, headed, only }: DoctorOptions): Promise<DoctorPage> {
  const browsers = browser === undefined ? await ensureBrowsers() : [browser];
  const server = await startModuleServer({
    folders: FOLDERS,
    handlers: { page: htmlPage('doctor.html') },
  });
  try {
    const open = async (path: string): Promise<WorkPage> => {
      const opened = await WorkPage.open(path, headed, WORK);
      await opened.requireAdapter(server.url);
      return opened;
    };
    const page = await openFirst(browsers, open, (sentence) => process.stderr.write(`${sentence}\n`));
    return {
      work: (onEvent) =>
        page.work(
          `${server.url}page${only === undefined ? '' : `?only=${encodeURIComponent(only)}`}`,
          onEvent,
        ),
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
  let stop: () => void = () => undefined;
  const stopped = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
  const forget = onInterrupt(
    () => stop(),
    () => process.exit(STOPPED),
  );
  let bar: Progress | undefined;
  const onProgress = ({ done, count, next }: Checking['progress']): void => {
    // Standard error may be a file, too.
    if (!process.stderr.isTTY) return;
    bar ??= startProgress('checking', count, process.stderr, { clear: true });
    bar.update({ done, count, details: next });
  };
  let page: DoctorPage | undefined;
  try {
    const opening = open(options).then((opened) => (page = opened));
    const found = await Promise.race([opening.then((opened) => check(opened, onProgress)), stopped]);
    if (!found) return STOPPED;
    bar?.end();
    process.stdout.write(`${found.text}\n`);
    if (options.headed) {
      process.stderr.write('The window stays open; close it or press Ctrl-C.\n');
      await Promise.race([page?.closed(), stopped]);
    }
    return found.ok ? 0 : 1;
  } finally {
    bar?.end();
    await page?.close();
    forget();
  }
}

type Checking = Extract<DoctorEvent, { kind: 'checking' }>;
type Checked = Extract<DoctorEvent, { kind: 'checked' }>;

async function check(
  page: DoctorPage,
  onProgress: (progress: Checking['progress']) => void,
): Promise<Checked> {
  let found: Checked | undefined;
  await page.work((event) => {
    if (event.kind === 'checked') found = event;
    else onProgress(event.progress);
  });
  if (!found) throw new EngineError('doctor', 'the page ended without a result');
  return found;
}
