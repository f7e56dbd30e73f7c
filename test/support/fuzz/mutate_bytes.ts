import type { Chance } from './chance';

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** What storage, networks and people do to files. */
const MUTATIONS: readonly ((bytes: Uint8Array, chance: Chance) => Uint8Array)[] = [
  function flipBits(bytes, chance) {
    const copy = bytes.slice();
    for (let flips = 1 + chance.below(4); flips > 0; flips--) {
      const at = chance.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
    }
    return copy;
  },
  // Headers are at the beginning, and most of a file is data.
  function flipBitsInFront(bytes, chance) {
    const copy = bytes.slice();
    const at = chance.below(Math.min(copy.length, 64));
    copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
    return copy;
  },
  function setBytes(bytes, chance) {
    const copy = bytes.slice();
    const at = chance.below(copy.length);
    copy.fill(chance.pick([0, 0x22, 0x2c, 0x7b, 0x7d, 0x7f, 0x80, 0xff]), at, at + 1 + chance.below(8));
    return copy;
  },
  (bytes, chance) => bytes.slice(0, chance.below(bytes.length)),
  (bytes, chance) => bytes.slice(chance.below(bytes.length)),
  (bytes, chance) => joined(bytes, chance.bytes(1 + chance.below(64))),
  function insert(bytes, chance) {
    const at = chance.below(bytes.length);
    return joined(bytes.subarray(0, at), chance.bytes(1 + chance.below(16)), bytes.subarray(at));
  },
  function remove(bytes, chance) {
    const at = chance.below(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + chance.below(16)));
  },
  function repeat(bytes, chance) {
    const at = chance.below(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(chance.below(at + 1)));
  },
  (bytes, chance) => chance.bytes(chance.below(bytes.length)),
  () => new Uint8Array(0),
];

/** The file with one thing, at times more, gone wrong. */
export function mutateBytes(bytes: Uint8Array, chance: Chance): Uint8Array {
  let mutated = bytes;
  for (let times = chance.pick([1, 1, 1, 2, 3]); times > 0 && mutated.length > 0; times--) {
    mutated = chance.pick(MUTATIONS)(mutated, chance);
  }
  return mutated;
}
