// Two processes that write to one run would spoil it: whoever writes says so in a file of the folder.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { OutputError } from './output_error';

/** The file that says who writes to the folder. */
export const LOCK = 'lock.json';

/** Gives back what this process has. */
const taken = new Set<() => void>();
process.on('exit', () => {
  for (const release of taken) release();
});

interface Owner {
  readonly process: number;
  readonly host: string;
}

/**
 * Takes a folder for this process, until it ends or gives it back. What a process left that was killed does not count.
 * @returns gives it back; may be called again
 * @throws {OutputError} naming the process that has it; what the file system says, where the file cannot be written
 */
export function lockFolder(option: string, path: string): () => void {
  const file = join(path, LOCK);
  const owner = ownerOf(file);
  if (owner && isAlive(owner)) {
    const advice = `wait until it ends, or end it; if it trains nothing, remove ${file}`;
    throw new OutputError(option, 'another process writes to this run', named(owner), advice);
  }
  if (owner) rmSync(file, { recursive: true });
  const me: Owner = { process: process.pid, host: hostname() };
  // Fails where somebody else was faster.
  writeFileSync(file, JSON.stringify(me), { flag: 'wx' });
  const release = (): void => {
    taken.delete(release);
    const now = ownerOf(file);
    if (now?.process === me.process && now.host === me.host) rmSync(file, { force: true });
  };
  taken.add(release);
  return release;
}

/** Undefined where there is none. Half a file is one of process 0, which is never alive. */
function ownerOf(file: string): Owner | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') return undefined;
    text = '';
  }
  const nobody: Owner = { process: 0, host: hostname() };
  try {
    return { ...nobody, ...(JSON.parse(text) as Partial<Owner>) };
  } catch {
    return nobody;
  }
}

/** Of a process on another machine that shares the disk nothing is known but its name: it counts as alive. */
function isAlive({ process: id, host }: Owner): boolean {
  if (host !== hostname()) return true;
  if (id === process.pid || !(id > 0)) return false;
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const named = ({ process, host }: Owner): string =>
  `process ${process}${host === hostname() ? '' : ` of ${host}`}`;
