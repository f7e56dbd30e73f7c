import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { EngineError } from '../core/errors';

/** Results cannot be written, or would replace others. */
export class OutputError extends EngineError {}

const FILES = ['settings.json', 'log.jsonl', 'weights.safetensors', 'report.html', 'trace.json'] as const;
/** The folder in it that holds the run's checkpoints. */
export const CHECKPOINTS = 'checkpoints';
type FileName = (typeof FILES)[number];

/** The folder of one run. Files appear whole: they are written aside and renamed. */
export class RunFolder {
  readonly path: string;
  readonly #made: boolean;

  private constructor(path: string, made: boolean) {
    this.path = path;
    this.#made = made;
  }

  /**
   * Makes sure, before any work is done, that results can be kept.
   * @param wanted default: `runs/<date>_<time>`
   * @throws {OutputError} if the folder cannot be written or holds another run
   */
  static open(wanted: string | undefined, now = new Date()): RunFolder {
    const path = resolve(wanted ?? unused(join('runs', stamp(now))));
    const earlier = [...FILES, CHECKPOINTS].find((name) => existsSync(join(path, name)));
    if (earlier !== undefined) {
      throw new OutputError(
        '--out',
        'holds the results of another run',
        join(path, earlier),
        'name a new folder',
      );
    }
    const existed = existsSync(path);
    requireWritable('--out', path);
    return new RunFolder(path, !existed);
  }

  /**
   * The folder of a run that goes on.
   * @throws {OutputError} if nothing can be written there
   */
  static again(path: string): RunFolder {
    requireWritable('--resume', path);
    return new RunFolder(resolve(path), false);
  }

  write(name: FileName, content: string | Uint8Array): void {
    const path = join(this.path, name);
    writeFileSync(`${path}.part`, content);
    renameSync(`${path}.part`, path);
  }

  /** Adds a line to the log: it is on the disk whatever happens next. */
  log(record: unknown): void {
    appendFileSync(join(this.path, 'log.jsonl'), `${JSON.stringify(record)}\n`);
  }

  /** The text of a file; undefined where there is none. */
  read(name: FileName): string | undefined {
    const path = join(this.path, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /** Leaves no trace of a run that never began. */
  removeIfEmpty(): void {
    for (const path of [join(this.path, CHECKPOINTS), ...(this.#made ? [this.path] : [])]) {
      try {
        rmdirSync(path);
      } catch {
        // It is not empty, so it has something to keep, or was never made.
      }
    }
  }
}

/** @throws {OutputError} */
function requireWritable(option: string, path: string): void {
  const probe = join(path, `.probe-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = 'name a folder that you may write to';
    throw new OutputError(option, 'nothing can be written there', `${path} (${reason})`, advice, { cause });
  }
}

/** Local time, sortable, without signs that a file system forbids. */
function stamp(now: Date): string {
  const two = (number: number): string => `${number}`.padStart(2, '0');
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join('-');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('-');
  return `${date}_${time}`;
}

/** The path, or with a number after it where it is taken. */
function unused(path: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}_${number}`;
    if (!existsSync(candidate)) return candidate;
  }
}
