import { hashName, philox } from '../../../src/core/random';

/** Random choices, always the same for a name and a number. */
export class Chance {
  readonly #key: readonly [number, number];
  #drawn = 0;

  constructor(name: string, seed: number) {
    this.#key = [seed >>> 0, hashName(name)];
  }

  /** A whole number from 0 up to, but not, `count`. */
  below(count: number): number {
    return philox([this.#drawn++, 0, 0, 0], this.#key)[0] % count;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}
