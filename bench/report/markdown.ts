import type { TableData, Paragraphs } from '../../src/text/table';

/** Paragraphs as they are, and tables as Markdown has them. */
export const markdown = (text: Paragraphs): string =>
  text.map((part) => (typeof part === 'string' ? part : tableLines(part).join('\n'))).join('\n\n');

function tableLines({ columns, rows }: TableData): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'left' ? '---' : '--:'))),
    ...rows.map((row) => line(row.map((cell) => cell.replaceAll('|', String.raw`\|`)))),
  ];
}
