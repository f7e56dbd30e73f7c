import { ValueError } from '../core/errors';

/** Whether an object was destroyed: a second time does nothing, and work after it says so. */
export class Lifetime {
  #ended = false;

  /** True the first time: then the owner frees what it has. */
  end(): boolean {
    const first = !this.#ended;
    this.#ended = true;
    return first;
  }

  /**
   * @param what names it, where it is not what `where` is about
   * @throws {ValueError} after `end`
   */
  require(where: string, what?: string): void {
    if (this.#ended) throw new ValueError(where, 'was destroyed', what, 'make a new one');
  }
}
