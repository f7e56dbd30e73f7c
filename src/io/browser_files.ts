// The browser's own file system for a site (the origin private file system), with errors in the project's words.
import { EngineError, StorageError } from '../core/errors';

const WHERE = 'files in the browser';
const ADVICE =
  'serve the page over https or from localhost, outside private windows, to Chrome or Edge 86, Firefox 111, Safari 26 or later';

/**
 * A folder of this site, made where it is missing.
 * @throws {StorageError} `missing` where the page may keep no files; else as the browser says
 */
export async function openFolder(path: string): Promise<FileSystemDirectoryHandle> {
  const { storage, locks } = (globalThis.navigator as Partial<Navigator> | undefined) ?? {};
  // Both are kept from pages that are not secure; writing came to Safari last, long after reading.
  const lacks = [
    ...(storage && 'getDirectory' in storage ? [] : ['getDirectory']),
    ...(locks ? [] : ['navigator.locks']),
    ...('FileSystemWritableFileStream' in globalThis ? [] : ['createWritable']),
  ];
  if (lacks.length > 0 || !storage)
    throw new StorageError('missing', WHERE, 'cannot be kept here', `no ${lacks.join(', no ')}`, ADVICE);
  return attempt(path, async () => {
    let folder = await storage.getDirectory();
    for (const name of path.split('/')) folder = await folder.getDirectoryHandle(name, { create: true });
    return folder;
  });
}

/**
 * Writes or replaces a file, as a whole or not at all.
 *
 * What goes into `createWritable` is written aside and takes the file's place when it is closed: that is its contract, so there
 * is nothing to rename by hand. (`FileSystemFileHandle.move` is in no standard, and Chrome does the same for both.) A new file
 * is there from the first, though, with nothing in it: whoever is killed leaves an empty file, or the earlier content. Of
 * power cuts the standard says nothing; against them checkpoints have their checksums, and the one before.
 */
export async function writeWhole(
  folder: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const file = await folder.getFileHandle(name, { create: true });
  try {
    const stream = await file.createWritable();
    try {
      // Where there is no room it is said here; in the midst of bytes it may be any error.
      await stream.truncate(bytes.length);
      await stream.write(bytes);
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    if ((await file.getFile()).size === 0) await folder.removeEntry(name);
    throw error;
  }
}

/** Names of its files and folders. */
export async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names.sort();
}

/** Milliseconds: a page that was reloaded may be gone a little later than its successor is there. */
const PATIENCE = 2000;

/**
 * Makes sure that nobody else writes there, in any tab, until the function that it gives is called or the page is gone,
 * however it went.
 * @throws {StorageError} `locked` if somebody does
 */
export function lockFolder(path: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const request = navigator.locks.request(path, { signal: AbortSignal.timeout(PATIENCE) }, () => {
      return new Promise<void>((release) => resolve(release));
    });
    request.catch((cause: unknown) => reject(translated(path, cause)));
  });
}

/** @throws {StorageError} for whatever the browser says */
export async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof EngineError ? cause : translated(path, cause);
  }
}

const nameOf = (error: unknown): string | undefined => (error instanceof Error ? error.name : undefined);

function translated(path: string, cause: unknown): StorageError {
  const got = String(cause);
  const options = { cause };
  switch (nameOf(cause)) {
    case 'QuotaExceededError': {
      const advice = 'keep fewer checkpoints, or free space; what was there is as it was';
      return new StorageError('full', path, 'the browser gives no more room', got, advice, options);
    }
    // Of the lock, and of a file that a stream is open on.
    case 'TimeoutError':
    case 'NoModificationAllowedError': {
      const advice = 'close that tab, or give this run another name';
      return new StorageError('locked', path, 'is in use by another tab', undefined, advice, options);
    }
    case 'SecurityError':
      return new StorageError('missing', WHERE, 'cannot be kept here', got, ADVICE, options);
    default: {
      const advice = 'reload the page: the browser may have deleted its files';
      return new StorageError('failed', path, 'cannot be used', got, advice, options);
    }
  }
}
