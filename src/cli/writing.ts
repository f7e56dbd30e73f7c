import { messageOf } from '../core/check';

/** Writes what a run leaves, on a disk that may refuse it. */
export class Writing {
  readonly #say: (sentence: string) => void;
  /** What could not be written, and how to try again. */
  readonly #missing = new Map<string, () => void | Promise<void>>();

  /** @param say takes a sentence for people */
  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  /**
   * Writes something. Where that fails, the run goes on: a sentence says so, once until it succeeds.
   * @param what names it
   */
  async keep(what: string, write: () => void | Promise<void>): Promise<void> {
    const failed = this.lacks(what);
    try {
      await write();
      if (failed && this.#missing.delete(what)) this.#say(`${what}: is written again`);
    } catch (error) {
      this.#missing.set(what, write);
      if (!failed)
        this.#say(`${what}: cannot be written; got ${messageOf(error)}; the run goes on, and tries again`);
    }
  }

  /** Tries once more what could not be written. @returns what still cannot */
  async keepRest(): Promise<readonly string[]> {
    for (const [what, write] of [...this.#missing]) await this.keep(what, write);
    return [...this.#missing.keys()];
  }

  lacks(what: string): boolean {
    return this.#missing.has(what);
  }
}
