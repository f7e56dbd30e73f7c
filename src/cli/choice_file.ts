import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Beside the runs: whoever throws these away has kernels timed anew. */
export const CHOICE_FILE = join('runs', 'kernels.json');

/** A file of choices of kernels; the page reads and writes what is in it. */
export class ChoiceFile {
  readonly #path: string;

  constructor(path = CHOICE_FILE) {
    this.#path = path;
  }

  /** Empty if there is none. */
  read(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }

  /** Written aside, then renamed: another run sees the old text or the new. */
  write(text: string): void {
    const aside = `${this.#path}.${process.pid}.part`;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(aside, text);
    renameSync(aside, this.#path);
  }
}
