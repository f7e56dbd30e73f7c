// The checkpoints of a run in a folder on the disk.
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../core/check';
import { EngineError } from '../core/errors';
import { CheckpointStore, type CheckpointFolder } from '../io/checkpoint_store';
import { OutputError } from './output_error';

const UNFINISHED = '.part';

/**
 * @param keep how many of the last checkpoints stay
 * @throws {ValueError} for a `keep` below 1; {OutputError} if the folder cannot be made or read
 */
export async function openCheckpoints(path: string, keep?: number): Promise<CheckpointStore> {
  const store = new CheckpointStore(diskFolder(path), keep);
  await attempt(path, async () => {
    await mkdir(path, { recursive: true });
    // What a process that was killed left behind.
    for (const name of await readdir(path)) {
      if (name.endsWith(UNFINISHED)) await rm(join(path, name));
    }
  });
  return store;
}

/** Its functions throw an OutputError for whatever the file system says. */
function diskFolder(path: string): CheckpointFolder {
  const file = (name: string): string => join(path, name);
  return {
    path,
    // Somebody may have removed the folder; the next checkpoint makes it anew.
    names: () => attempt(path, async () => (existsSync(path) ? readdir(path) : [])),
    read: (name) => attempt(file(name), () => readFile(file(name))),
    remove: (name) => attempt(file(name), () => rm(file(name))),
    write: (name, bytes) =>
      attempt(file(name), async () => {
        const aside = `${file(name)}${UNFINISHED}`;
        try {
          await writeFile(aside, bytes, { flush: true });
          await rename(aside, file(name));
        } catch (error) {
          await rm(aside, { force: true });
          throw error;
        }
        await syncFolder(path);
      }),
  };
}

/** Waits until the names of the files are on the disk, too; Windows does that by itself and opens no folders. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const advice = 'name a folder on a disk with room that you may write to';
    throw new OutputError(path, 'checkpoints cannot be kept there', messageOf(cause), advice, { cause });
  }
}
