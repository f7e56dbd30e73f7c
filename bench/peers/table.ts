import { formatBytes } from '../../src/graph/memory/format';
import type { Column } from '../../src/text/table';
import { timesOurs, type Row, type Table } from './result';

/** Three digits: 0.123 ms, 12.3 ms, 1.23 s. */
export function formatTime(milliseconds: number): string {
  const [value, unit] = milliseconds < 1000 ? [milliseconds, 'ms'] : [milliseconds / 1000, 's'];
  const decimals = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(value))));
  return `${value.toFixed(decimals)} ${unit}`;
}

/** The worst of what was compared, and what it was. */
export function worstError({ agreement }: Row): string {
  if (!agreement) return 'reference';
  const { scores, loss, gradients = {} } = agreement;
  const all = Object.entries({ scores, loss, ...gradients }).filter(
    (entry): entry is [string, number] => entry[1] !== undefined,
  );
  const [name = '', error = NaN] = all.sort(([, a], [, b]) => b - a)[0] ?? [];
  return `${error.toExponential(1)} ${name}`;
}

export function columnsOf(table: Table): Column<Row>[] {
  return [
    { title: 'engine', of: ({ title, version }) => `${title} ${version}`, align: 'left' },
    { title: 'median', of: ({ median }) => formatTime(median) },
    { title: 'p10', of: ({ p10 }) => formatTime(p10) },
    { title: 'p90', of: ({ p90 }) => formatTime(p90) },
    { title: 'times ours', of: (row) => timesOurs(table, row)?.toFixed(2) ?? '' },
    { title: 'start', of: ({ opening, loading, first }) => formatTime(opening + loading + first) },
    { title: 'dispatches', of: ({ dispatches }) => `${dispatches}` },
    { title: 'GPU memory', of: ({ bytes }) => (bytes === undefined ? '' : formatBytes(bytes)) },
    { title: 'worst error', of: worstError, align: 'left' },
  ];
}
