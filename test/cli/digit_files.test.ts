import { describe, expect, it } from 'vitest';
import { DIGIT_FILES, readDigitFile } from '../../src/cli/digit_files';
import { readDigits } from '../../src/io/digits';

describe('readDigitFile', () => {
  it('has the training and the test digits of MNIST, and the one is no part of the other', () => {
    const train = readDigits(readDigitFile('train-images'), readDigitFile('train-labels'), 'train');
    const test = readDigits(readDigitFile('test-images'), readDigitFile('test-labels'), 'test');
    const sizes = ({ images: { count, height, width } }: typeof train) => [count, height, width];
    expect([train, test].map(sizes)).toEqual([
      [60_000, 28, 28],
      [10_000, 28, 28],
    ]);
    const keys = ({ images: { data, count } }: typeof train): string[] =>
      Array.from({ length: count }, (_, index) =>
        Buffer.from(data.subarray(index * 784, (index + 1) * 784)).toString('latin1'),
      );
    const seen = new Set(keys(train));
    expect(keys(test).filter((key) => seen.has(key))).toEqual([]);
  });

  it('has the four files that the page asks for', () => {
    expect(DIGIT_FILES).toEqual(['train-images', 'train-labels', 'test-images', 'test-labels']);
  });
});
