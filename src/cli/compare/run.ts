import { existsSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { ComparedRun } from '../../app/compare';
import { formatDuration, formatSpeed } from '../../app/format';
import { thinned } from '../../app/report_data';
import { messageOf } from '../../core/check';
import { ValueError } from '../../core/errors';
import { percent, printed, short, type TableData } from '../../text/table';
import { OutputError } from '../output_error';
import { escape, page } from '../report';
import type { CompareOptions } from './options';
import { readRun, type RunRecord } from './read_run';

/** As many curves as can be told apart. */
const MOST = 6;

/** Lays runs over each other: a table on standard output, and a page. Gives the exit code. */
export async function run({ runs: paths, out, overwrite, json }: CompareOptions): Promise<number> {
  if (paths.length < 2 || paths.length > MOST)
    throw new ValueError('compare', `needs two runs to ${MOST}`, `${paths.length}`);
  const twice = paths.find((path, at) => paths.findIndex((each) => resolve(each) === resolve(path)) < at);
  if (twice !== undefined) throw new ValueError('compare', 'each run may come once', twice);
  const runs = paths.map(readRun);
  if (json) {
    for (const each of runs) console.log(JSON.stringify(resultOf(each)));
    return 0;
  }
  if (!overwrite && existsSync(out))
    throw new ValueError('--out', 'is there already', out, 'name another file, or give --overwrite');
  const table = tableOf(runs);
  const html = await page('compare', 'Runs beside each other', sections(table), dataOf(runs));
  try {
    writeFileSync(out, html);
  } catch (cause) {
    throw new OutputError('--out', 'cannot be written', messageOf(cause), 'name another file', { cause });
  }
  console.log(printed([table]));
  console.error(`\ncurves: ${resolve(out)}`);
  return 0;
}

function resultOf({ path, history, settings, adapter, accuracy, judged }: RunRecord) {
  return {
    run: path,
    steps: history.done,
    loss: history.loss('main'),
    accuracy: accuracy ?? null,
    best: judged.length > 0 ? Math.max(...judged.map((each) => each.accuracy)) : null,
    imagesPerSecond: speedOf({ history, settings }),
    seconds: history.seconds,
    adapter,
    settings,
  };
}

const speedOf = ({ history, settings }: Pick<RunRecord, 'history' | 'settings'>): number =>
  (settings.batch * history.steps.length) / history.seconds;

/** A row for what came out, and one for each setting that differs. */
function tableOf(runs: readonly RunRecord[]): TableData {
  const row = (name: string, of: (each: RunRecord) => string): string[] => [name, ...runs.map(of)];
  const names = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings)))];
  const told = ({ settings }: RunRecord, name: string): string => {
    const value = (settings as unknown as Record<string, string | number | object | undefined>)[name];
    return typeof value === 'object' ? JSON.stringify(value) : `${value ?? '-'}`;
  };
  const differing = names.filter((name) => new Set(runs.map((each) => told(each, name))).size > 1);
  return {
    columns: [
      { title: 'Run', align: 'left' },
      ...runs.map(({ path }) => ({ title: path, align: 'right' as const })),
    ],
    rows: [
      row('held-out accuracy', ({ accuracy }) => (accuracy === undefined ? '-' : percent(accuracy))),
      row('loss, smoothed', ({ history }) => short(history.loss('main'))),
      row('steps done', ({ history }) => `${history.done}`),
      row('images per second', (each) => (each.history.done > 0 ? formatSpeed(speedOf(each)) : '-')),
      row('training time', ({ history }) => formatDuration(history.seconds)),
      row('adapter', ({ adapter }) => adapter),
      ...differing.map((name) => row(words(name), (each) => told(each, name))),
    ],
  };
}

/** `held-out` of `heldOut`, as the option is called. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function sections({ columns, rows }: TableData): string {
  const head = columns.map(({ title }) => `<th scope="col">${escape(title)}</th>`).join('');
  const body = rows.map(
    ([name = '', ...cells]) =>
      `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`,
  );
  return `<section><h2>The runs</h2><div class="scroll" tabindex="0"><table class="list">
    <thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div></section>
    <section id="loss"><h2>Loss of the main classifier, smoothed</h2></section>
    <section id="accuracy"><h2>Held-out accuracy while they trained</h2></section>
    <section id="rate"><h2>Learning rate</h2></section>`;
}

const dataOf = (runs: readonly RunRecord[]): readonly ComparedRun[] =>
  runs.map(({ path, history, judged }) => ({
    name: basename(resolve(path)),
    curves: thinned(history),
    judged,
  }));
