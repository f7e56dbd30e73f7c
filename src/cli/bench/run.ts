import { benchRun, type BenchEvent, type Measured } from '../../app/bench_run';
import { faultOf } from '../../app/fault';
import { formatSpeed } from '../../app/format';
import { EngineError } from '../../core/errors';
import { openEngine } from '../../node';
import { printed, short } from '../../text/table';
import { requireBrowserFile } from '../browser';
import { Hosts } from '../hosts';
import { inProcess } from '../in_process';
import { onInterrupt } from '../interrupt';
import { startProgress, type Progress } from '../progress';
import { pageError } from '../work_page';
import type { BenchOptions } from './options';

const STOPPED = 130;
const WORK = { doing: 'measuring', advice: 'give smaller batches' };

/** Measures, prints what was found on standard output, and gives the exit code. */
export async function run({ json, quiet, browser, host, ...wishes }: BenchOptions): Promise<number> {
  requireBrowserFile(browser);
  const hosts = new Hosts(
    { host, browser, headed: false },
    {
      served: { page: 'bench.html', options: wishes, given: {}, taken: {} },
      work: WORK,
      inNode: (dawn) =>
        Promise.resolve(
          inProcess(dawn, (onEvent, signal) =>
            benchRun({ open: () => openEngine(), wishes, signal, onEvent: onEvent as never }).catch(
              (error: unknown) => {
                throw error instanceof EngineError ? pageError(faultOf(error)) : error;
              },
            ),
          ),
        ),
    },
    (sentence) => void process.stderr.write(`${sentence}\n`),
  );
  const state = { stopped: false };
  const forget = onInterrupt(
    () => {
      state.stopped = true;
      void hosts.opening?.then((opened) => opened.stop()).catch(() => undefined);
    },
    () => process.exit(STOPPED),
  );
  let progress: Progress | undefined;
  let adapter = '';
  const rows: Measured[] = [];
  try {
    const opened = await hosts.open();
    await opened.work(hosts.url, (event: BenchEvent) => {
      if (event.kind === 'opened') adapter = event.adapter;
      else if (event.kind === 'round') {
        const { done, count, what } = event;
        progress ??= quiet ? undefined : startProgress('measuring', count, process.stderr);
        progress?.update({ done, count, details: what });
      } else {
        rows.push(event.measured);
        if (json) console.log(JSON.stringify({ ...wishes, ...event.measured, adapter }));
      }
    });
    progress?.end();
    if (!json && rows.length > 0) console.log(text(rows, `adapter ${adapter}, ${opened.version}`, wishes));
    return state.stopped ? STOPPED : 0;
  } finally {
    progress?.end();
    await hosts.close();
    forget();
    // Dawn keeps the process alive, whose exit code is set by whoever called this.
    if (hosts.kind === 'node') setImmediate(() => process.stdout.write('', () => process.exit()));
  }
}

function text(
  rows: readonly Measured[],
  adapter: string,
  { size, width }: Pick<BenchOptions, 'size' | 'width'>,
) {
  const columns = ['What', 'ms', 'Images per second', 'First, s', 'GPU memory, MB'].map((title, at) => ({
    title,
    align: at === 0 ? ('left' as const) : ('right' as const),
  }));
  const told = rows.map(({ what, seconds, batch, first, bytes }) => [
    what,
    short(1000 * seconds),
    formatSpeed(batch / seconds),
    first.toFixed(1),
    short(bytes / 1e6),
  ]);
  return printed([`${adapter}; images of ${size} x ${size}, width ${width}`, { columns, rows: told }]);
}
