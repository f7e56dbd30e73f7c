import { requireBytes, requireObject, requireWhole } from '../core/check';
import { EngineError, FormatError, ValueError } from '../core/errors';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint';

/** Where a run's checkpoints lie: a folder on a disk, in the browser, on a server. What it throws should be an `EngineError`. */
export interface CheckpointFolder {
  /** Names it in errors and in the paths of its files. */
  readonly path: string;
  /** Names of its files; others than checkpoints are left alone. */
  names(): Promise<readonly string[]>;
  /** The bytes of a file. */
  read(name: string): Promise<Uint8Array>;
  /** Writes or replaces a file, as a whole or not at all, whatever ends the program meanwhile. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes a file. */
  remove(name: string): Promise<void>;
  /** Leaves it to others, where only one may write. */
  close?(): Promise<void>;
}

/** A checkpoint in its folder. */
export interface CheckpointFile {
  /** Steps done. */
  readonly step: number;
  /** For people: folder and name. */
  readonly path: string;
}

/** The last whole checkpoint, and what was passed over to find it. */
export interface LatestCheckpoint {
  readonly file: CheckpointFile;
  readonly checkpoint: Checkpoint;
  /** The file as it is. */
  readonly bytes: Uint8Array;
  /** Later files that are damaged, with the reason; the latest first. */
  readonly skipped: readonly { readonly file: CheckpointFile; readonly reason: string }[];
}

/** Ten digits, so that names sort as steps do. */
const NAME = /^step-(\d{10})\.safetensors$/;
const MOST_STEPS = 9_999_999_999;
const nameOf = (step: number): string => `step-${`${step}`.padStart(10, '0')}.safetensors`;

/** Whether a file of this name is a checkpoint, whole or not. */
export const isCheckpointName = (name: string): boolean => NAME.test(name);

/**
 * The last checkpoints of one run, in a folder: a new one is whole before an old one goes, so that whatever ends the program
 * leaves the last whole one there. What is asked for at once is done in turn.
 */
export class CheckpointStore {
  readonly path: string;
  readonly #folder: CheckpointFolder;
  readonly #keep: number;
  #previous: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /**
   * @param keep how many of the last checkpoints stay; while one is written, there is room for one more
   * @throws {ValueError} for a `keep` below 1
   */
  constructor(folder: CheckpointFolder, keep = 3) {
    requireObject('checkpoints', 'the folder', folder, ['path', 'names', 'read', 'write', 'remove']);
    requireWhole('checkpoints', 'keep', keep, 1);
    this.path = folder.path;
    this.#folder = folder;
    this.#keep = keep;
  }

  /**
   * Writes a checkpoint, and only then removes what is no longer to be kept: older ones beyond the last few, and later ones,
   * which a run that went back to an earlier step, or began anew, has left behind.
   * @throws {ValueError | ShapeError} as `writeCheckpoint`; what the folder throws; the earlier ones are then as they were
   */
  async save(checkpoint: Checkpoint): Promise<CheckpointFile> {
    const bytes = writeCheckpoint(checkpoint);
    return this.saveFile(checkpoint.step, bytes);
  }

  /**
   * The same for a file that `writeCheckpoint` made.
   * @param step number of steps done, which names the file
   * @param bytes the file, as `writeCheckpoint` makes it
   * @throws {ValueError} unless step and bytes make sense; what the folder throws
   */
  async saveFile(step: number, bytes: Uint8Array<ArrayBuffer>): Promise<CheckpointFile> {
    requireWhole('checkpoints', 'step', step, 0, MOST_STEPS);
    requireBytes('checkpoints', bytes);
    return this.#inTurn(async () => {
      await this.#folder.write(nameOf(step), bytes);
      const all = await this.#list();
      const earlier = all.filter((file) => file.step <= step);
      const later = all.filter((file) => file.step > step);
      for (const old of [...later, ...earlier.slice(0, -this.#keep)])
        await this.#folder.remove(nameOf(old.step));
      return this.#file(step);
    });
  }

  /** By step, the first first; whole or not. */
  list(): Promise<CheckpointFile[]> {
    return this.#inTurn(() => this.#list());
  }

  /**
   * The last one that is whole; damaged ones are passed over, and told of. Undefined where there are no files.
   * @throws {FormatError} if there are, and none is whole
   */
  latest(): Promise<LatestCheckpoint | undefined> {
    return this.#inTurn(async () => {
      const skipped: LatestCheckpoint['skipped'][number][] = [];
      for (const file of (await this.#list()).reverse()) {
        try {
          const bytes = await this.#folder.read(nameOf(file.step));
          return { file, bytes, checkpoint: readCheckpoint(bytes, file.path), skipped };
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          skipped.push({ file, reason: error.message });
        }
      }
      const [last] = skipped;
      if (!last) return undefined;
      // To begin anew would remove them with the first checkpoint.
      const advice = 'clear removes them, or use the version that wrote them';
      throw new FormatError(this.path, 'holds no whole checkpoint', last.reason, advice);
    });
  }

  /** Removes all checkpoints of the run. */
  clear(): Promise<void> {
    return this.#inTurn(async () => {
      for (const { step } of await this.#list()) await this.#folder.remove(nameOf(step));
    });
  }

  /** Leaves the folder to others, after what is under way. A second time does nothing; any other call is then refused. */
  close(): Promise<void> {
    this.#closing ??= this.#previous.then(() => this.#folder.close?.());
    return this.#closing;
  }

  async #list(): Promise<CheckpointFile[]> {
    const names = (await this.#folder.names()).filter(isCheckpointName).sort();
    return names.map((name) => this.#file(Number(NAME.exec(name)?.[1])));
  }

  #file(step: number): CheckpointFile {
    return { step, path: `${this.path}/${nameOf(step)}` };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new ValueError(this.path, 'was closed', undefined, 'open it again');
    const turn = this.#previous.then(work);
    this.#previous = turn.catch(() => undefined);
    return turn;
  }
}
