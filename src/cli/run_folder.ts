import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../core/check';
import { OutputError } from './output_error';
import { LOCK, lockFolder } from './run_lock';

const FILES = [
  'settings.json',
  'log.jsonl',
  'judged.jsonl',
  'weights.safetensors',
  'weights-raw.safetensors',
  'report.html',
  'trace.json',
  'rates.svg',
  'batch.png',
] as const;
/** The folder in it that holds the run's checkpoints. */
export const CHECKPOINTS = 'checkpoints';
type FileName = (typeof FILES)[number];

/** The folder of one run. Files appear whole: they are written aside and renamed. */
export class RunFolder {
  readonly #taken: Taken;
  /** Lines of the log that the disk has not taken. */
  #unlogged = '';

  private constructor(
    readonly path: string,
    taken: Taken,
  ) {
    this.#taken = taken;
  }

  /**
   * Makes sure, before any work is done, that results can be kept, and that no other process writes there.
   * @param wanted default: `runs/<date>_<time>`
   * @param overwrite whether it may hold another run, which `clear` then removes, or other files, which stay
   * @throws {OutputError} if the folder cannot be written, or holds what it may not, or another process writes to it
   */
  static open(wanted: string | undefined, { overwrite = false, now = new Date() } = {}): RunFolder {
    const path = resolve(wanted ?? makeUnused(join('runs', stamp(now))));
    const taken = take('--out', path, wanted === undefined);
    const folder = new RunFolder(path, taken);
    try {
      if (!overwrite) requireEmpty(path);
    } catch (error) {
      folder.close();
      throw error;
    }
    return folder;
  }

  /** Removes what another run has left; its checkpoints are not of this class. */
  clear(): void {
    for (const name of FILES) rmSync(join(this.path, name), { force: true });
  }

  /**
   * The folder of a run that goes on.
   * @throws {OutputError} if nothing can be written there, or another process writes to it
   */
  static again(path: string): RunFolder {
    return new RunFolder(resolve(path), take('--resume', path));
  }

  write(name: FileName, content: string | Uint8Array): void {
    const path = join(this.path, name);
    try {
      writeFileSync(`${path}.part`, content);
      renameSync(`${path}.part`, path);
    } catch (error) {
      rmSync(`${path}.part`, { force: true });
      throw error;
    }
  }

  /**
   * Adds a line to the log: it is on the disk whatever happens next. What the disk refuses comes with the next line.
   * @param record left out: what it has refused
   */
  log(record?: unknown): void {
    if (record !== undefined) this.#unlogged += `${JSON.stringify(record)}\n`;
    const path = join(this.path, 'log.jsonl');
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    try {
      appendFileSync(path, this.#unlogged);
    } catch (error) {
      // No half line may stay.
      if (existsSync(path)) truncateSync(path, size);
      throw error;
    }
    this.#unlogged = '';
  }

  /** The log as it should be on the disk. */
  get logged(): string {
    return (this.read('log.jsonl') ?? '') + this.#unlogged;
  }

  set logged(text: string) {
    this.#unlogged = '';
    this.write('log.jsonl', text);
  }

  /** The text of a file; undefined where there is none. */
  read(name: FileName): string | undefined {
    const path = join(this.path, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /** Nothing more is written. Leaves no trace of a run that never began. May be called again. */
  close(): void {
    const { release, made } = this.#taken;
    release();
    for (const path of [join(this.path, CHECKPOINTS), ...(made ? [this.path] : [])]) {
      try {
        rmdirSync(path);
      } catch {
        // It is not empty, so it has something to keep, or was never made.
      }
    }
  }
}

/** A folder that only this process writes to. */
interface Taken {
  /** Whether it was not there before. */
  readonly made: boolean;
  readonly release: () => void;
}

/** @throws {OutputError} naming something that it holds */
function requireEmpty(path: string): void {
  const names = readdirSync(path).filter((name) => name !== LOCK);
  const earlier = [...FILES, CHECKPOINTS].find((name) => names.includes(name));
  const [first] = earlier === undefined ? names : [earlier];
  if (first === undefined) return;
  const [problem, effect] = earlier
    ? ['holds the results of another run', 'replace them']
    : ['holds other files', 'write the results beside them'];
  const advice = `name a new folder, or ${effect} with --overwrite`;
  throw new OutputError('--out', problem, join(path, first), advice);
}

/** @throws {OutputError} */
function take(option: string, path: string, made = false): Taken {
  return attempt(option, path, () => ({
    made: makeFolder(path) || made,
    release: lockFolder(option, path),
  }));
}

/** Whether it was not there. `recursive` never returns where a parent is there but takes no folders, such as /proc. */
function makeFolder(path: string): boolean {
  if (existsSync(path)) return false;
  makeFolder(dirname(path));
  mkdirSync(path);
  return true;
}

function attempt<T>(option: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    const got = `${path} (${messageOf(cause)})`;
    const advice = 'name a folder that you may write to';
    throw new OutputError(option, 'nothing can be written there', got, advice, { cause });
  }
}

/** Local time, sortable, without signs that a file system forbids. */
function stamp(now: Date): string {
  const two = (number: number): string => `${number}`.padStart(2, '0');
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join('-');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('-');
  return `${date}_${time}`;
}

/** Makes the folder, with a number after its name where that is taken. */
function makeUnused(path: string): string {
  return attempt('--out', path, () => {
    mkdirSync(dirname(path), { recursive: true });
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? path : `${path}_${number}`;
      try {
        mkdirSync(candidate);
        return candidate;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  });
}
