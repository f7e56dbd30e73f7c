/**
 * Philox4x32-10, a counter-based generator: the same integers on every adapter and here, in any order.
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3 and table 2.
 * The twin in WGSL is `shaders/dropout.wgsl`.
 */
import { requireNumber, requireText, requireWhole, shown } from './check';
import { ValueError } from './errors';

/** Four words of 32 bits. */
export type Words4 = readonly [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const KEY_STEP_0 = 0x9e3779b9; // golden ratio
const KEY_STEP_1 = 0xbb67ae85; // sqrt(3) - 1

/** High word of the 64-bit product of two 32-bit words, by 16-bit halves (a double has only 53 bits). */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const low = (middle & 0xffff) + a0 * b1;
  return (a1 * b1 + (middle >>> 16) + (low >>> 16)) >>> 0;
}

/** The ten rounds; no array is made, since millions of initial weights are drawn here. */
function rounds(into: Uint32Array, counter: Words4, key: readonly [number, number]): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + KEY_STEP_0) >>> 0;
    k1 = (k1 + KEY_STEP_1) >>> 0;
  }
  into[0] = c0;
  into[1] = c1;
  into[2] = c2;
  into[3] = c3;
}

const isWords = (words: unknown, count: number): boolean =>
  Array.isArray(words) && words.length === count && words.every((word) => word === word >>> 0);

/**
 * Four random 32-bit words for a counter and a key.
 * @throws {ValueError} unless counter and key are 4 and 2 words
 */
export function philox(counter: Words4, key: readonly [number, number]): Words4 {
  if (!isWords(counter, 4) || !isWords(key, 2)) {
    const got = `${shown(counter)} and ${shown(key)}`;
    throw new ValueError('philox', 'counter and key must be four and two whole numbers of 32 bits', got);
  }
  const words = new Uint32Array(4);
  rounds(words, counter, key);
  return [...words] as unknown as Words4;
}

/**
 * 32-bit FNV-1a over the name's characters (the bytes, for ASCII names): gives each layer and tensor its own stream,
 * whatever order they are made in.
 * @throws {ValueError} unless it is text
 */
export function hashName(name: string): number {
  if (typeof name !== 'string') throw new ValueError('hashName', 'name must be a string', shown(name));
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}

/** Numbers in one array: 4 GiB. */
const LARGEST = 2 ** 30;

function requireStream(where: string, count: unknown, seed: unknown, name: unknown): void {
  requireWhole(where, 'count', count, 0, LARGEST);
  requireWhole(where, 'seed', seed, 0, 0xffffffff);
  requireText(where, 'name', name);
}

/**
 * `count` numbers uniform in [-bound, bound): the upper 24 bits of each word, centred, times `bound / 2^23`.
 * Every step is exact or one float32 rounding, so the numbers are the same bits everywhere.
 * Key = (seed, hash of the name), counter = (index / 4, 0, 0, 0).
 *
 * @param from index of the first, a multiple of 4: long rows of numbers can be drawn in pieces
 * @throws {ValueError} for arguments that make no sense
 */
export function uniform(
  count: number,
  bound: number,
  seed: number,
  name: string,
  from = 0,
): Float32Array<ArrayBuffer> {
  requireStream('uniform', count, seed, name);
  requireNumber('uniform', 'bound', bound);
  requireWhole('uniform', 'from', from, 0);
  requireWhole('uniform', 'from / 4', from / 4, 0, LARGEST);
  const values = new Float32Array(count);
  const key = [seed >>> 0, hashName(name)] as const;
  const scale = Math.fround(bound / 0x800000);
  const counter: [number, number, number, number] = [0, 0, 0, 0];
  const words = new Uint32Array(4);
  for (let first = 0; first < count; first += 4) {
    counter[0] = (from + first) / 4;
    rounds(words, counter, key);
    for (let lane = 0; lane < 4 && first + lane < count; lane++) {
      values[first + lane] = (((words[lane] as number) >>> 8) - 0x800000) * scale;
    }
  }
  return values;
}

/**
 * A deterministic shuffle of 0..count-1 (Fisher-Yates), for batches and held-out samples.
 * @param seed whole number below 2^32
 * @param name of the stream: other names draw other numbers
 * @throws {ValueError} for a count or seed that is no whole number in range, or a name that is no text
 */
export function permutation(count: number, seed: number, name: string): Uint32Array<ArrayBuffer> {
  requireStream('permutation', count, seed, name);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const key = [seed >>> 0, hashName(name)] as const;
  for (let last = count - 1; last > 0; last--) {
    // 2^-32 of bias at most: a 53-bit product of a 32-bit word and a count below 2^21 is exact.
    const other = Math.floor((philox([last, 0, 0, 0], key)[0] * (last + 1)) / 0x100000000);
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}
