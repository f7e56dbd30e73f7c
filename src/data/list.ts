// Lists of pictures: CSV or JSON Lines.
import { messageOf, requireText, shown } from '../core/check';
import { FormatError, ValueError } from '../core/errors';
import { readCsv } from './csv';
import { composed } from './names';

/** A line of a list. */
export interface ListedPicture {
  /** As the list has it: from the list's folder on. */
  readonly path: string;
  readonly class: string;
  readonly line: number;
}

const PATHS = ['path', 'file', 'filename', 'file_name', 'image', 'picture'];
const CLASSES = ['class', 'label', 'category', 'classname', 'class_name'];

const COLUMNS = `the path is called ${PATHS.join(', ')}, the class ${CLASSES.join(', ')}`;

/**
 * The pictures that a list names, with their classes: of a CSV file the columns that its header names, or the first two
 * where it has none; of JSON Lines one object a line.
 * @param text what the list's file holds
 * @param where names the list in errors, and tells by its ending what it is: `.csv`, `.tsv`, `.jsonl` or `.ndjson`
 * @throws {FormatError} naming the line that lacks something, or for a list without pictures; {ValueError} unless both are strings
 */
export function readPictureList(text: string, where: string): ListedPicture[] {
  requireText('readPictureList', 'where', where);
  if (typeof text !== 'string') throw new ValueError(where, 'text must be a string', shown(text));
  const plain = text.replace(/^\uFEFF/, '');
  const found = /\.(?:jsonl|ndjson)$/i.test(where) ? fromLines(plain, where) : fromCsv(plain, where);
  if (found.length === 0) {
    throw new FormatError(
      where,
      'names no picture',
      'an empty list',
      'write a path and a class on each line',
    );
  }
  return found;
}

function fromCsv(text: string, where: string): ListedPicture[] {
  const [first, ...others] = readCsv(text, where);
  if (!first) return [];
  const header = first.cells.map((cell) => cell.trim().toLowerCase());
  const [path, label] = [PATHS, CLASSES].map((names) => header.findIndex((cell) => names.includes(cell)));
  const named = path! >= 0 && label! >= 0;
  if (!named && path! + label! > -2) {
    const problem = 'the header must name the columns of path and class';
    throw new FormatError(`${where}:${first.line}`, problem, first.cells.join(', '), COLUMNS);
  }
  const [pathAt, classAt] = named ? [path!, label!] : [0, 1];
  return (named ? others : [first, ...others]).map(({ cells, line }) =>
    listed(where, line, cells[pathAt], cells[classAt], cells.join(', ')),
  );
}

const fromLines = (text: string, where: string): ListedPicture[] =>
  text.split(/\r\n|\r|\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    let given: unknown;
    try {
      given = JSON.parse(line);
    } catch (cause) {
      const problem = `is no JSON: ${messageOf(cause)}`;
      throw new FormatError(`${where}:${index + 1}`, problem, shown(line), 'write one object a line', {
        cause,
      });
    }
    const fields = Object.entries(given ?? {}) as [string, unknown][];
    const [path, label] = [PATHS, CLASSES].map(
      (names) => fields.find(([name]) => names.includes(name.toLowerCase()))?.[1],
    );
    return listed(where, index + 1, path, typeof label === 'number' ? `${label}` : label, line);
  });

function listed(where: string, line: number, path: unknown, label: unknown, row: string): ListedPicture {
  for (const [what, value] of Object.entries({ path, class: label })) {
    if (typeof value === 'string' && value.trim() !== '') continue;
    throw new FormatError(`${where}:${line}`, `has no ${what}`, shown(row), COLUMNS);
  }
  return { path: (path as string).trim(), class: composed((label as string).trim()), line };
}
