import { permutation } from '../core/random';

/** One of a data set's pictures, in an epoch. */
export interface Turn {
  readonly epoch: number;
  /** Its place in the data set. */
  readonly place: number;
}

/** Where a data set of `count` goes on after so many batches: `next` of this epoch's pictures are used up. */
export function cursorOf(count: number, batch: number, done: number): { epoch: number; next: number } {
  return { epoch: Math.floor((done * batch) / count), next: (done * batch) % count };
}

/** Every picture once in each epoch, whose order depends on the seed and its number; without end, from a cursor on. */
export function* turnsFrom(
  { epoch, next }: ReturnType<typeof cursorOf>,
  count: number,
  seed: number,
): Generator<Turn, never> {
  for (let [current, first] = [epoch, next]; ; current++, first = 0) {
    for (const place of permutation(count, seed, `epoch ${current}`).subarray(first))
      yield { epoch: current, place };
  }
}
