import { table } from '../../src/text/table';
import { circumstances, TITLES, type Result } from './result';
import { columnsOf } from './table';

/** The result as text for a terminal. */
export function printable(result: Result): string {
  const tables = result.tables.map((found) => {
    const absent = found.absent.map(({ title, reason }) => `${title} ${reason}\n`);
    return `${TITLES[found.task]}\n\n${table(columnsOf(found), found.rows)}\n${absent.join('')}`;
  });
  const legend = 'start: opening, loading and first run, compiling included; times ours: medians divided';
  return [...tables, legend, ...circumstances(result)].join('\n');
}
