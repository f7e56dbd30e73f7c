import { FormatError } from '../core/errors';

/** A row of cells, and the line on which it begins, from 1. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Rows of a CSV file (RFC 4180): cells between commas, or between the semicolons or tabs of a first line that has no comma;
 * in quotes they may have commas, lines, and quotes that are written twice. Empty lines are no rows.
 * @param where names the file in errors
 * @throws {FormatError} for a quote that does not end, or that ends within a cell
 */
export function readCsv(text: string, where: string): CsvRow[] {
  const first = /^.*/.exec(text)?.[0] ?? '';
  const comma = [',', ';', '\t'].find((each) => first.includes(each)) ?? ',';
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^"${comma}\r\n][^${comma}\r\n]*)?)(${comma}|\r?\n|\r|$)`,
    'y',
  );
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let [line, next] = [1, 1];
  while (cell.lastIndex < text.length || cells.length > 0) {
    const found = cell.exec(text);
    if (!found) {
      const problem = 'a quote must end before the next comma or line';
      throw new FormatError(
        `${where}:${next}`,
        problem,
        undefined,
        'write a quote in a quoted cell twice: ""',
      );
    }
    const [all, quoted, plain = '', end] = found;
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    next += all.split(/\r\n|\r|\n/).length - 1;
    if (end === comma) continue;
    if (cells.some((each) => each !== '')) rows.push({ cells, line });
    cells = [];
    line = next;
  }
  return rows;
}
