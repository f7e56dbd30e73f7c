import { permutation } from '../core/random';
import type { Digits } from '../io/digits';
import { toImages, type Normalisation } from '../io/image_bytes';
import { cursorOf, turnsFrom } from './epochs';
import type { Batch } from './fit';

interface DigitBatch extends Batch {
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

/** Mean and standard deviation of MNIST's training images. */
export const MNIST: Normalisation = {
  mean: [0.1307, 0.1307, 0.1307],
  std: [0.3081, 0.3081, 0.3081],
};

/** Fixed, so that every run, whatever its own seed, is judged by the same digits. */
const HELD_OUT_SEED = 20140917;

/** Numbers of the first `count` held-out digits among the `available` ones of the test file. */
export function heldOutDigits(available: number, count: number): Uint32Array<ArrayBuffer> {
  return permutation(available, HELD_OUT_SEED, 'held-out').slice(0, count);
}

/** These digits as the network sees them. */
export function digitBatch(digits: Digits, chosen: ArrayLike<number>, size: number): DigitBatch {
  const labels = Uint8Array.from(chosen, (index) => digits.labels[index]!);
  return { images: toImages(digits.images, chosen, size, MNIST), labels };
}

/**
 * Batches without end; every digit comes once in each epoch, whose order depends on the seed and its number.
 * @param done so many batches are left out at the beginning
 */
export function* digitBatches(
  digits: Digits,
  { batch, size, seed }: { readonly batch: number; readonly size: number; readonly seed: number },
  done = 0,
): Generator<DigitBatch, never> {
  const { count } = digits.images;
  const turns = turnsFrom(cursorOf(count, batch, done), count, seed);
  for (;;)
    yield digitBatch(
      digits,
      Array.from({ length: batch }, () => turns.next().value.place),
      size,
    );
}
