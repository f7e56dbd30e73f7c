// The ways in which people keep labelled pictures: which one a folder has, and the files that it names.
import { join } from 'node:path';
import { FormatError } from '../../core/errors';
import { byCodePoint, composed } from '../names';
import { below, entriesOf, walkClass, type Candidate, type Entry, type Search } from './walk';

/** What a layout names, before anyone looked into the files. */
export interface Listing {
  readonly candidates: readonly Candidate[];
  /** Also those that turn out to have no pictures. */
  readonly classes: readonly string[];
}

export const LAYOUT =
  'put the pictures of each class into a folder that has its name, or give a list (.csv, .jsonl) of paths and classes';

/** The names of the part that is held out, the first that is there. */
const HELD_OUT = ['val', 'valid', 'validation', 'test'];

interface Part {
  readonly folder: string;
  readonly entries: readonly Entry[];
  readonly part: Candidate['part'];
}

const foldersOf = (entries: readonly Entry[]): string[] =>
  entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);

const classesOf = (entries: readonly Entry[]): string[] =>
  [...new Set(foldersOf(entries).map(composed))].sort(byCodePoint);

/**
 * A folder with folders of classes, or with `train` and `val`, each with folders of classes.
 * @param entries of the root
 * @throws {FormatError} if it is neither, or if the parts have other classes
 */
export async function listFolder(search: Search, entries: readonly Entry[]): Promise<Listing> {
  const { path, skipped } = search;
  const parts = (await partsOf(search, entries)) ?? [{ folder: '', entries, part: undefined }];
  const classes = classesOf(parts[0]!.entries);
  if (classes.length === 0) {
    const got = `${entries.length} ${entries.length === 1 ? 'file' : 'files'} and no folders`;
    throw new FormatError(path, 'has no folders of classes', got, LAYOUT);
  }
  await requireNoShell(search, entries);
  const candidates: Candidate[] = [];
  for (const { folder, entries, part } of parts) {
    for (const { name, kind } of entries) {
      const file = below(folder, name);
      if (kind === 'file')
        skipped.push({ file, reason: 'beside', detail: 'it lies beside folders of classes' });
      else candidates.push(...(await walkClass(search, { folder: file, class: composed(name), part })));
    }
  }
  return { candidates, classes };
}

/** Archives are often unpacked into a folder within a folder. @throws {FormatError} naming the inner one */
async function requireNoShell(search: Search, entries: readonly Entry[]): Promise<void> {
  const [only, ...others] = entries;
  if (only?.kind !== 'folder' || others.length > 0) return;
  const inner = foldersOf(await entriesOf({ ...search, skipped: [] }, only.name));
  if (inner.length < 2) return;
  const got = `${only.name}, with ${inner.length} folders inside`;
  const advice = `if those are the classes, give ${join(search.path, only.name)}`;
  throw new FormatError(search.path, 'has one folder only', got, advice);
}

/** Undefined where there are none. */
async function partsOf(search: Search, entries: readonly Entry[]): Promise<Part[] | undefined> {
  const folders = foldersOf(entries);
  const named = (name: string): string | undefined => folders.find((each) => each.toLowerCase() === name);
  const [train, heldOut] = [named('train'), HELD_OUT.map(named).find((name) => name !== undefined)];
  if (train === undefined || heldOut === undefined) return undefined;
  const skipped: Search['skipped'] = [];
  const read = async (folder: string, part: Part['part']): Promise<Part> => ({
    folder,
    entries: await entriesOf({ ...search, skipped }, folder),
    part,
  });
  const parts: [Part, Part] = [await read(train, 'train'), await read(heldOut, 'heldOut')];
  // Two classes of these names have pictures, not folders.
  if (parts.some((part) => foldersOf(part.entries).length === 0)) return undefined;
  requireSameClasses(search.path, ...parts);
  const others = entries.filter(({ name }) => name !== train && name !== heldOut);
  const detail = `it lies beside ${train} and ${heldOut}, which are the parts`;
  search.skipped.push(
    ...skipped,
    ...others.map(({ name }) => ({ file: name, reason: 'beside' as const, detail })),
  );
  return parts;
}

function requireSameClasses(path: string, train: Part, heldOut: Part): void {
  for (const [one, other] of [[train, heldOut] as const, [heldOut, train] as const]) {
    const known = classesOf(other.entries);
    const missing = classesOf(one.entries).filter((name) => !known.includes(name));
    if (missing.length === 0) continue;
    const problem = `${train.folder} and ${heldOut.folder} must have folders of the same classes`;
    const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
    const got = `${missing.slice(0, 5).join(', ')}${more} only in ${one.folder}`;
    throw new FormatError(path, problem, got, `make those folders in ${other.folder}, or take them away`);
  }
}
