// Goes through a folder and all below it.
import { dirname, join, resolve, sep } from 'node:path';
import { AbortError } from '../../core/errors';
import { byCodePoint, isHidden } from '../names';
import type { SkippedFile } from '../picture';
import { reasonOf, type Disk } from './disk';

/** A search for pictures under way. */
export interface Search {
  readonly disk: Disk;
  /** As the caller gave it, for errors. */
  readonly path: string;
  /** Where files lie below. */
  readonly root: string;
  /** What is left out is added here. */
  readonly skipped: SkippedFile[];
  readonly signal?: AbortSignal | undefined;
}

/** A file of the set to come, before anyone looked into it. */
export interface Candidate {
  /** Path below the root, with slashes. */
  readonly file: string;
  readonly class: string;
  readonly bytes: number;
  /** Where the layout says it; else the split does. */
  readonly part?: 'train' | 'heldOut' | undefined;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'folder' | 'file';
  readonly bytes: number;
}

export const below = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

/** What a folder holds besides what is hidden, in order. @throws {AbortError} once `signal` fires */
export async function entriesOf(search: Search, folder: string): Promise<Entry[]> {
  const { disk, root, skipped, signal } = search;
  if (signal?.aborted) throw new AbortError(search.path, 'stopped by the caller');
  let names: readonly string[];
  try {
    names = await disk.names(resolve(root, folder));
  } catch (error) {
    skipped.push({ file: folder || '.', reason: 'unreadable', detail: reasonOf(error) });
    return [];
  }
  const shown = names.filter((name) => !isHidden(name)).sort(byCodePoint);
  const found = await Promise.all(shown.map((name) => entryOf(search, below(folder, name), name)));
  skipped.push(...found.filter((each) => 'reason' in each));
  return found.filter((each) => 'kind' in each);
}

async function entryOf({ disk, root }: Search, file: string, name: string): Promise<Entry | SkippedFile> {
  try {
    const { kind, bytes } = await disk.about(resolve(root, file));
    if (kind !== 'other') return { name, kind, bytes };
    return { file, reason: 'unreadable', detail: 'it is neither a file nor a folder' };
  } catch (error) {
    return { file, reason: 'unreadable', detail: reasonOf(error) };
  }
}

/**
 * All files of a class, however deep. Links are followed, but not to where they came from; a folder to which several lead is
 * gone through once.
 */
export async function walkClass(
  search: Search,
  from: { readonly folder: string; readonly class: string; readonly part: Candidate['part'] },
): Promise<Candidate[]> {
  const realPath = (folder: string): Promise<string> =>
    search.disk.realPath(resolve(search.root, folder)).catch(() => folder);
  const above = await realPath(dirname(from.folder));
  const seen = new Set<string>();
  const found: Candidate[] = [];
  const visit = async (folder: string): Promise<void> => {
    const real = await realPath(folder);
    if (seen.has(real) || real === above || above.startsWith(join(real, sep))) {
      const detail = 'a link to a folder that was already gone through';
      search.skipped.push({ file: folder, reason: 'loop', detail });
      return;
    }
    seen.add(real);
    for (const { name, kind, bytes } of await entriesOf(search, folder)) {
      const file = below(folder, name);
      if (kind === 'folder') await visit(file);
      else found.push({ file, class: from.class, bytes, part: from.part });
    }
  };
  await visit(from.folder);
  return found;
}
