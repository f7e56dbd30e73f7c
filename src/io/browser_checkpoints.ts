// Checkpoints that outlive their page.
import { requireText } from '../core/check';
import { ValueError } from '../core/errors';
import { checkOptions } from '../core/options';
import * as is from '../core/rules';
import { attempt, lockFolder, namesIn, openFolder, writeWhole } from './browser_files';
import { CheckpointStore, isCheckpointName, type CheckpointFolder } from './checkpoint_store';

const FOLDER = 'inception-webgpu/checkpoints';

/**
 * The checkpoints of a run, in files of this site that the browser keeps when page, tab and browser are closed (the origin
 * private file system); nothing else on the disk is touched.
 *
 *     const checkpoints = await openBrowserCheckpoints('digits');
 *     const latest = await checkpoints.latest();
 *     await trainReliably({
 *       ...run,
 *       ...(latest && { resume: latest.checkpoint }),
 *       onCheckpoint: async (checkpoint) => void (await checkpoints.save(checkpoint)),
 *     });
 *
 * A run belongs to one tab at a time: until the store is closed or its page is gone, nobody else can open it. Runs of other
 * names go on beside it. A browser that runs out of space may delete a site's files, unless
 * `navigator.storage.persist()` was granted.
 *
 * @param run a name, without slashes
 * @param options.keep how many of the last checkpoints stay, 3 unless given; there must be room for one more
 * @throws {StorageError} with a `reason`, here and from the store's functions: `missing` where the page may keep no files;
 *   `locked`, after two seconds, if the run is open elsewhere; `full` where the browser gives no more room, with the earlier
 *   checkpoints as they were
 * @throws {ValueError} for a name or `keep` that makes no sense
 */
export async function openBrowserCheckpoints(
  run: string,
  options: { readonly keep?: number } = {},
): Promise<CheckpointStore> {
  requireText('checkpoints', 'the name of the run', run);
  checkOptions<{ keep?: number }>('checkpoints', options, { keep: is.whole(1) });
  if (/^\.{1,2}$|[/\\]/.test(run)) {
    throw new ValueError('checkpoints', 'the name of a run has no slashes, and is not . or ..', run);
  }
  const path = `${FOLDER}/${run}`;
  const parent = await openFolder(FOLDER);
  const release = await lockFolder(path);
  try {
    const folder = await openFolder(path);
    await attempt(path, () => removeUnfinished(folder));
    return new CheckpointStore(browserFolder(path, folder, parent, release), options.keep);
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Names of the runs that this browser keeps checkpoints of, in order; also of those that are open, here or in other tabs.
 * @throws {StorageError}
 */
export async function browserRuns(): Promise<string[]> {
  const folder = await openFolder(FOLDER);
  return attempt(FOLDER, () => namesIn(folder));
}

function browserFolder(
  path: string,
  folder: FileSystemDirectoryHandle,
  parent: FileSystemDirectoryHandle,
  release: () => void,
): CheckpointFolder {
  return {
    path,
    names: () => attempt(path, () => namesIn(folder)),
    read: (name) =>
      attempt(`${path}/${name}`, async () => {
        const file = await (await folder.getFileHandle(name)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      }),
    write: (name, bytes) => attempt(`${path}/${name}`, () => writeWhole(folder, name, bytes)),
    remove: (name) => attempt(`${path}/${name}`, () => folder.removeEntry(name)),
    async close() {
      // It stays where there is something in it; then the browser refuses.
      await parent.removeEntry(folder.name).catch(() => undefined);
      release();
    },
  };
}

/** What a browser that was killed left behind: checkpoints that were only begun, and, in Chrome, what was written aside. */
async function removeUnfinished(folder: FileSystemDirectoryHandle): Promise<void> {
  for (const name of await namesIn(folder)) {
    const isWhole = isCheckpointName(name) && (await (await folder.getFileHandle(name)).getFile()).size > 0;
    if (!isWhole) await folder.removeEntry(name, { recursive: true });
  }
}
