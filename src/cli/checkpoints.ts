// Keeps the last checkpoints of a run in a folder, so that whatever ends the process leaves a whole one.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { requireWhole } from '../core/check';
import { EngineError } from '../core/errors';
import { readCheckpoint, type Checkpoint } from '../io/checkpoint';
import { OutputError } from './run_folder';

export interface CheckpointFile {
  readonly step: number;
  readonly path: string;
}

export interface Latest {
  readonly file: CheckpointFile;
  readonly checkpoint: Checkpoint;
  /** Later files that are damaged, with the reason; the latest first. */
  readonly skipped: readonly { readonly file: CheckpointFile; readonly reason: string }[];
}

const NAME = /^step-(\d{10})\.safetensors$/;
const UNFINISHED = '.part';

/** The checkpoints of one run. */
export class Checkpoints {
  readonly folder: string;
  readonly #keep: number;

  private constructor(folder: string, keep: number) {
    this.folder = folder;
    this.#keep = keep;
  }

  /**
   * @param keep how many of the last checkpoints stay
   * @throws {ValueError} for a `keep` below 1; {OutputError} if the folder cannot be made or read
   */
  static open(folder: string, keep = 3): Checkpoints {
    requireWhole('checkpoints', 'keep', keep, 1);
    attempt(folder, () => {
      mkdirSync(folder, { recursive: true });
      // What a process that was killed left behind.
      for (const name of readdirSync(folder)) {
        if (name.endsWith(UNFINISHED)) rmSync(join(folder, name));
      }
    });
    return new Checkpoints(folder, keep);
  }

  /**
   * Writes the checkpoint of a step, and only once it is on the disk removes what is no longer to be kept: older ones
   * beyond the last few, and later ones, which a run that went back to an earlier step has left behind.
   * @throws {OutputError} if it cannot be written; those of before are as they were
   */
  save(step: number, bytes: Uint8Array): CheckpointFile {
    requireWhole('checkpoints', 'step', step, 0, 9_999_999_999);
    const path = join(this.folder, `step-${`${step}`.padStart(10, '0')}.safetensors`);
    attempt(path, () => {
      try {
        writeThrough(`${path}${UNFINISHED}`, bytes);
        renameSync(`${path}${UNFINISHED}`, path);
      } catch (error) {
        rmSync(`${path}${UNFINISHED}`, { force: true });
        throw error;
      }
      syncFolder(this.folder);
      for (const old of this.#superfluous(step)) rmSync(old.path);
    });
    return { step, path };
  }

  /** By step, the first first. */
  list(): CheckpointFile[] {
    return attempt(this.folder, () => readdirSync(this.folder))
      .map((name) => ({ step: Number(NAME.exec(name)?.[1] ?? NaN), path: join(this.folder, name) }))
      .filter(({ step }) => Number.isInteger(step))
      .sort((a, b) => a.step - b.step);
  }

  /** The last one that is whole; undefined where there is none. */
  latest(): Latest | undefined {
    const skipped: Latest['skipped'][number][] = [];
    for (const file of this.list().reverse()) {
      try {
        const bytes = attempt(file.path, () => readFileSync(file.path));
        return { file, checkpoint: readCheckpoint(bytes, file.path), skipped };
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        skipped.push({ file, reason: error.message });
      }
    }
    return undefined;
  }

  #superfluous(saved: number): CheckpointFile[] {
    const all = this.list();
    const earlier = all.filter(({ step }) => step <= saved);
    return [...all.filter(({ step }) => step > saved), ...earlier.slice(0, -this.#keep)];
  }
}

/** Writes a file and waits until it is on the disk. */
function writeThrough(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Waits until the names of the files are on the disk, too; Windows does that by itself and opens no folders. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** @throws {OutputError} for whatever the file system says */
function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = 'name a folder on a disk with room that you may write to';
    throw new OutputError(path, 'checkpoints cannot be kept there', reason, advice, { cause });
  }
}
