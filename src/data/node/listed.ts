import { readFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { EngineError, FormatError } from '../../core/errors';
import { readPictureList } from '../list';
import { byCodePoint } from '../names';
import { reasonOf } from './disk';
import { LAYOUT, type Listing } from './layouts';
import type { Candidate, Search } from './walk';

/**
 * What a CSV or JSON Lines file names.
 * @throws {FormatError} if it is no such file, or a line of it lacks something; {EngineError} if it cannot be read
 */
export async function listNamed(search: Search, list: string): Promise<Listing> {
  const { path, root, skipped } = search;
  if (!/\.(?:csv|tsv|jsonl|ndjson)$/i.test(list)) {
    const problem = 'must be a folder, or a list that ends with .csv, .tsv, .jsonl or .ndjson';
    throw new FormatError(path, problem, basename(list), LAYOUT);
  }
  const text = await readFile(list, 'utf8').catch((cause: unknown) => {
    const advice = 'give another list, or change who may read it';
    throw new EngineError(path, 'cannot be read', reasonOf(cause), advice, { cause });
  });
  const rows = readPictureList(text, path);
  const found = await Promise.all(
    rows.map(async (row) => {
      // A list from Windows has backslashes.
      const file = relative(root, resolve(root, row.path.replaceAll('\\', '/'))).replaceAll('\\', '/');
      return candidateOf(search, file, row);
    }),
  );
  skipped.push(...found.filter((each) => 'reason' in each));
  const classes = [...new Set(rows.map((row) => row.class))].sort(byCodePoint);
  return { candidates: found.filter((each) => 'class' in each), classes };
}

async function candidateOf(
  { disk, root }: Search,
  file: string,
  row: { readonly class: string; readonly line: number },
): Promise<Candidate | Search['skipped'][number]> {
  const unreadable = (detail: string) => ({
    file,
    reason: 'unreadable' as const,
    detail: `${detail}; line ${row.line} names it`,
  });
  try {
    const { kind, bytes } = await disk.about(resolve(root, file));
    return kind === 'file' ? { file, class: row.class, bytes } : unreadable('it is no file');
  } catch (error) {
    return unreadable(reasonOf(error));
  }
}
