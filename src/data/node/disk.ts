// What finding pictures needs of the disk: a narrow door, so that tests can stand disks behind it that fail.
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { messageOf } from '../../core/check';

export interface Disk {
  /** Names in a folder, in any order. */
  names(folder: string): Promise<readonly string[]>;
  /** Of what a path leads to, through links. */
  about(path: string): Promise<{ readonly kind: 'folder' | 'file' | 'other'; readonly bytes: number }>;
  /** The same for all paths that lead to one folder. */
  realPath(path: string): Promise<string>;
  open(path: string): Promise<OpenFile>;
}

export interface OpenFile {
  /** Fills `into` from a position in the file on, as far as the file goes; gives the number of bytes. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export const DISK: Disk = {
  names: (folder) => readdir(folder),
  async about(path) {
    const found = await stat(path);
    return { kind: found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other', bytes: found.size };
  },
  realPath: (path) => realpath(path),
  async open(path) {
    const file = await open(path);
    return {
      read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
      close: () => file.close(),
    };
  },
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there, or no longer',
  EACCES: 'reading it is not permitted',
  EPERM: 'reading it is not permitted',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENOTDIR: 'it lies below a file, which is no folder',
};

/** Why the disk refused, as a clause. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? messageOf(error);
}
