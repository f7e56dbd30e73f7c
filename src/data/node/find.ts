import { dirname, resolve } from 'node:path';
import { requireText } from '../../core/check';
import { AbortError, EngineError, FormatError } from '../../core/errors';
import { checkOptions, type Rules } from '../../core/options';
import * as is from '../../core/rules';
import { findDuplicates } from '../duplicates';
import { grouped } from '../grouped';
import { byCodePoint, composed } from '../names';
import type { PictureSet } from '../picture';
import { settle, type Found } from '../settle';
import { turns } from '../turns';
import { DISK, reasonOf, type Disk } from './disk';
import { readIdxFolder } from './idx';
import { judgeFile } from './judge';
import { LAYOUT, listFolder, type Listing } from './layouts';
import { listNamed } from './listed';
import { entriesOf, type Search } from './walk';

/** How pictures are found and divided. */
export interface FindOptions {
  /** Share of each class that is held out, from 0 to below 1; see `splitPictures`. Parts that the folder has stay. Default 0.2. */
  readonly heldOut?: number;
  /** Seed of the split. Default 0. */
  readonly seed?: number;
  /** Told of each file that was looked into. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const FIND: Rules<FindOptions> = {
  heldOut: is.number({ least: 0, below: 1 }),
  seed: is.seed,
  onProgress: is.callable,
  signal: is.having('aborted'),
};

/** Files that are read at once. */
const CONCURRENCY = 16;

/**
 * Finds labelled pictures on the disk, looks into each file, and divides them. A path may lead to
 *
 * - a folder of folders, one for each class, which has its name; folders inside count to it;
 * - a folder with `train` and `val` (or `valid`, `validation`, `test`), each such a folder, with the same classes;
 * - a list, `.csv` or `.jsonl`, of paths from its folder on, and classes; see `readPictureList`;
 * - a folder with IDX files, as MNIST and Fashion-MNIST have them: `train-images-idx3-ubyte` and so on, also `.gz`.
 *
 * What a file is tells its beginning, not its name: JPEG, PNG, WebP, GIF and AVIF are taken. Left out, and named in `skipped`
 * and `notes`, is what is cut off, damaged in its header, smaller than 8 pixels, larger than 100 million, unreadable, or
 * there twice: of pictures with the same bytes one stays, and none where they are of two classes. Hidden files, `Thumbs.db`
 * and their like are passed over. Links are followed.
 *
 * @param path of the folder or list
 * @throws {FormatError} if the path leads to none of these, or to less than two classes with pictures
 * @throws {EngineError} if it leads to nothing; {ValueError} for wrong options; {AbortError} once `signal` fires
 */
export async function findPictures(path: string, options: FindOptions = {}): Promise<PictureSet> {
  return findPicturesOn(DISK, path, options);
}

/** The same on another disk. @throws {ValueError} and the same */
export async function findPicturesOn(
  disk: Disk,
  path: string,
  options: FindOptions = {},
): Promise<PictureSet> {
  requireText('findPictures', 'path', path);
  checkOptions('findPictures', options, FIND);
  const { heldOut = 0.2, seed = 0 } = options;
  return settle(await search(path, options, disk), heldOut, seed);
}

async function search(path: string, options: FindOptions, disk: Disk): Promise<Found> {
  const target = resolve(path);
  const { kind } = await disk.about(target).catch((cause: unknown) => {
    throw new EngineError(path, 'cannot be read', reasonOf(cause), 'give a folder or a list', { cause });
  });
  const root = kind === 'folder' ? target : dirname(target);
  const search: Search = { disk, path, root, skipped: [], signal: options.signal };
  if (kind !== 'folder') return judge(search, await listNamed(search, target), options);
  const entries = await entriesOf(search, '');
  const { skipped } = search;
  if (entries.length === 0) {
    const got = skipped[0] ? `${skipped[0].file}: ${skipped[0].detail}` : 'an empty folder';
    throw new FormatError(path, 'has no pictures', got, LAYOUT);
  }
  const names = entries.map(({ name }) => name);
  const idx = await readIdxFolder(root, names);
  if (idx) return { path, root, skipped, ...idx };
  return judge(search, await listFolder(search, entries), options);
}

async function judge(search: Search, listing: Listing, options: FindOptions): Promise<Found> {
  const { disk, path, root, skipped } = search;
  const { candidates, classes } = listing;
  const sizes = grouped(candidates, ({ bytes }) => bytes);
  const turn = turns(CONCURRENCY);
  let done = 0;
  const stopIfAborted = (): void => {
    if (!options.signal?.aborted) return;
    throw new AbortError(path, 'stopped by the caller', `${done} of ${candidates.length} files`);
  };
  const judged = await Promise.all(
    candidates.map((candidate) =>
      turn(async () => {
        stopIfAborted();
        const found = await judgeFile(disk, root, candidate, sizes.get(candidate.bytes)!.length > 1);
        options.onProgress?.(++done, candidates.length);
        return found;
      }),
    ),
  );
  stopIfAborted();
  skipped.push(...judged.filter((each) => 'reason' in each));
  const taken = judged.filter((each) => 'header' in each);
  const duplicates = findDuplicates(taken);
  skipped.push(...duplicates.values());
  const pictures = taken
    .filter((each) => !duplicates.has(each))
    .map(({ hash: _hash, ...picture }) => picture)
    .sort((a, b) => byCodePoint(composed(a.file), composed(b.file)));
  return { path, root, pictures, classes, skipped };
}
