/**
 * The same text with its tables (src/core/table.ts: a line of dashes under the titles, two spaces between columns, an
 * empty line at the end) in Markdown.
 */
export function markdown(text: string): string {
  const lines = text.split('\n');
  const written: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [titles = '', ruler = ''] = lines.slice(at, at + 2);
    if (!isRuler(ruler)) {
      written.push(titles);
      continue;
    }
    const blank = lines.indexOf('', at);
    const end = blank < 0 ? lines.length : blank;
    if (at > 0 && lines[at - 1] !== '') written.push('');
    written.push(...rowsOf([titles, ...lines.slice(at + 2, end)], ruler));
    at = end - 1;
  }
  return written.join('\n');
}

const isRuler = (line: string): boolean => /^-+(?: {2}-+)*$/.test(line);

function rowsOf(rows: readonly string[], ruler: string): string[] {
  const columns = [...ruler.matchAll(/-+/g)].map(({ index, 0: dashes }) => {
    const cells = rows.map((row) => row.slice(index, index + dashes.length));
    // Numbers stand on the right: some are shorter than their column.
    const isNumber = cells.some((cell) => cell.startsWith(' ') && cell.trim() !== '');
    const texts = cells.map((cell) => cell.trim().replaceAll('|', String.raw`\|`));
    return { texts, rule: isNumber ? '--:' : '---' };
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [titles, ...rest] = rows.map((_, row) => line(columns.map(({ texts }) => texts[row] ?? '')));
  return [titles ?? '', line(columns.map(({ rule }) => rule)), ...rest];
}
