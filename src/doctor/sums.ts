import { hashName, philox } from '../core/random';

/** A prime, so that neither channels nor tiles fall into the same sum again and again. */
const SUMS = 61;

/** Calls `visit` for each index with a random word of the tensor's own. */
function visitWords(
  count: number,
  seed: number,
  stream: string,
  visit: (index: number, word: number) => void,
): void {
  const key = [seed, hashName(stream)] as const;
  for (let block = 0; block * 4 < count; block++) {
    const words = philox([block, 0, 0, 0], key);
    for (let lane = 0; lane < 4 && block * 4 + lane < count; lane++) {
      visit(block * 4 + lane, words[lane] ?? 0);
    }
  }
}

/**
 * What stands for a tensor in expected.json: element i enters sum i % 61 with a random sign, so that each element counts
 * and a tensor of up to 61 numbers stands there whole.
 */
export function signedSums(name: string, values: ArrayLike<number>): number[] {
  const sums = new Array<number>(Math.min(SUMS, values.length)).fill(0);
  visitWords(values.length, 0, `${name}.signs`, (index, word) => {
    const value = values[index]!;
    sums[index % SUMS]! += word & 1 ? value : -value;
  });
  return sums;
}

/** Products of a tensor with four vectors of +-1: those of PyTorch's numbers in test/fixtures. */
export function dotProducts(name: string, values: ArrayLike<number>, seed: number): number[] {
  const dots = [0, 0, 0, 0];
  visitWords(values.length, seed, `${name}.signs`, (index, word) => {
    const value = values[index]!;
    for (let vector = 0; vector < 4; vector++) dots[vector]! += (word >>> vector) & 1 ? value : -value;
  });
  return dots;
}
