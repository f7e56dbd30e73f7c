import type { Judged } from '../app/events';
import type { RunFolder } from './run_folder';
import { readLines } from './run_log';
import type { Writing } from './writing';

const FILE = 'judged.jsonl';

/** What held-out pictures said while a run trained, a line each in the run's folder. */
export class JudgedLog {
  #all: readonly Judged[] = [];
  readonly #folder: RunFolder;
  readonly #writing: Writing;

  constructor(folder: RunFolder, writing: Writing) {
    this.#folder = folder;
    this.#writing = writing;
  }

  get all(): readonly Judged[] {
    return this.#all;
  }

  /** Takes up what an earlier process wrote, as far as a step. */
  goOnFrom(step: number): void {
    this.#all = readLines<Judged>(this.#folder.read(FILE) ?? '').filter((each) => each.step <= step);
  }

  /** One that comes again after a loss replaces what was said before. */
  add(judged: Judged): void {
    this.#all = [...this.#all.filter(({ step }) => step < judged.step), judged];
    const text = this.#all.map((each) => `${JSON.stringify(each)}\n`).join('');
    void this.#writing.keep(FILE, () => this.#folder.write(FILE, text));
  }
}
