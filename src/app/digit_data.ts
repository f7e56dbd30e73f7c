import { DIGIT_CLASSES, type Digits } from '../io/digits';
import { MNIST, digitBatch, digitBatches, heldOutDigits } from '../train/digits';
import type { RunSettings } from '../train/presets';
import { countsOf, type DataSet } from './data_set';

/** Handwritten digits: those of the training file to learn from, some of the test file to be judged by. */
export function digitData({ train, test }: Readonly<Record<'train' | 'test', Digits>>): DataSet {
  const order = heldOutDigits(test.images.count, test.images.count);
  const heldOut = ({ heldOut }: RunSettings): Uint32Array => order.subarray(0, heldOut);
  const { width, height, data } = test.images;
  return {
    name: 'mnist',
    classes: Array.from({ length: DIGIT_CLASSES }, (_, digit) => `${digit}`),
    colours: { mean: MNIST.mean, deviation: MNIST.std },
    count: train.images.count,
    counts: countsOf(DIGIT_CLASSES, train.labels),
    judged: (settings) => Array.from(heldOut(settings), (index) => test.labels[index] ?? -1),
    thumbnail(settings, at) {
      const pixels = width * height;
      const first = (heldOut(settings)[at] ?? 0) * pixels;
      const colours = Uint8Array.from(
        { length: 3 * pixels },
        (_, byte) => data[first + Math.floor(byte / 3)] ?? 0,
      );
      return Promise.resolve({ width, height, data: colours });
    },
    feed: (_engine, settings) =>
      Promise.resolve({
        batches: (done) => digitBatches(train, settings, done),
        judged(from, count) {
          const chosen = heldOut(settings).subarray(from, from + count);
          const { images } = digitBatch(test, chosen, settings.size);
          return Promise.resolve({ images, at: Array.from(chosen, (_, index) => from + index) });
        },
        destroy: () => undefined,
      }),
  };
}
