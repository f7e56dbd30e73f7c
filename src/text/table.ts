export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  /** Numbers stand on the right. Default: right. */
  readonly align?: 'left' | 'right';
}

/** A table's texts, to be printed or written in any other form. */
export interface TableData {
  readonly columns: readonly { readonly title: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
}

/** Paragraphs and tables, one below the other. */
export type Paragraphs = readonly (string | TableData)[];

export const tableData = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): TableData => ({
  columns: columns.map(({ title, align = 'right' }) => ({ title, align })),
  rows: rows.map((row) => columns.map(({ of }) => of(row))),
});

/** For a terminal, with an empty line after each paragraph and table but the last. */
export const printed = (text: Paragraphs): string =>
  text.map((part) => (typeof part === 'string' ? part : printedTable(part))).join('\n\n');

/** Lines of a table, its columns two spaces apart. */
export const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string =>
  printedTable(tableData(columns, rows));

function printedTable({ columns, rows }: TableData): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const padded = (text: string, index: number): string => {
    const width = widths[index] ?? 0;
    return columns[index]?.align === 'left' ? text.padEnd(width) : text.padStart(width);
  };
  const line = (cells: readonly string[]): string => cells.map(padded).join('  ').trimEnd();
  const ruler = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(columns.map(({ title }) => title)), ruler, ...rows.map(line)].join('\n');
}

/** Three significant digits, without exponents: 0.0123, 1.23, 123, 1230. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
