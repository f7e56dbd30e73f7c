import type { FlatLayout } from '../core/variable';

/** Numbers of one variable that one workgroup of an update handles. */
export const CHUNK_ELEMENTS = 4096;

/** Words of `struct Chunk` in update.wgsl. */
const CHUNK_WORDS = 9;

export const chunkCount = ({ length }: Uint32Array): number => length / CHUNK_WORDS;

/**
 * Which numbers each workgroup of an update changes, as `struct Chunk` of update.wgsl says: a variable after the other, of
 * those in both layouts.
 * @param written where w lies
 * @param read where dw and the slots lie, and with which scales of rate and decay
 * @param step what has not begun by then has a rate of 0. Default: all has
 */
export function chunkTable(written: FlatLayout, read: FlatLayout, step = Infinity): Uint32Array<ArrayBuffer> {
  const chunks: number[][] = [];
  for (const [name, { variable, offset, stride }] of read.places) {
    const w = written.places.get(name);
    const elements = w ? w.rows * w.columns : 0;
    const { decayScale, from = 0 } = variable;
    const rateScale = step < from ? 0 : variable.rateScale;
    for (let first = 0; w && first < elements; first += CHUNK_ELEMENTS) {
      const end = Math.min(first + CHUNK_ELEMENTS, elements);
      chunks.push([first, end, w.columns, w.offset, w.stride, offset, stride, rateScale, decayScale]);
    }
  }
  const words = new Uint32Array(chunks.length * CHUNK_WORDS);
  const floats = new Float32Array(words.buffer);
  chunks.forEach((chunk, index) => {
    const at = index * CHUNK_WORDS;
    words.set(chunk.slice(0, -2), at);
    floats.set(chunk.slice(-2), at + CHUNK_WORDS - 2);
  });
  return words;
}
