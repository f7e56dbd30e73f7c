import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { readDigits } from '../../src/io/digits';
import { readIdx } from '../../src/io/idx';

/** An IDX file of bytes that says `shape` and holds `data`. */
function idx(shape: readonly number[], data: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, axis) => view.setUint32(4 + 4 * axis, size));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const failure = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  return 'nothing was thrown';
};

describe('readIdx', () => {
  it('reads shape and data, without a copy, wherever the bytes lie', () => {
    const file = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);
    const within = new Uint8Array(file.length + 3);
    within.set(file, 3);
    for (const bytes of [file, within.subarray(3)]) {
      const { shape, data } = readIdx(bytes);
      expect(shape).toEqual([2, 1, 3]);
      expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
      expect(data.buffer).toBe(bytes.buffer);
    }
  });

  it.each([
    ['an empty file', new Uint8Array(0), /got an empty file/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0), /got 1f 8b 08 00; unpack it first/],
    ['floats', Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), /00 00 08 .* got 00 00 0d 01/],
    ['no dimension', Uint8Array.of(0, 0, 8, 0, 7), /got 00 00 08 00/],
    [
      'half a header',
      idx([2, 3], []).subarray(0, 9),
      /2 dimensions takes 12 bytes; got 9 bytes; .*truncated/,
    ],
    ['too little', idx([2, 3], [1, 2, 3, 4, 5]), /2 x 3 takes 6 bytes of data; got 5; .*truncated/],
    ['too much', idx([2, 3], [1, 2, 3, 4, 5, 6, 7]), /got 7; bytes at the end belong to nothing/],
    ['absurd sizes', idx([0xffffffff, 0xffffffff, 0xffffffff], [1]), /got 1; .*truncated/],
  ])('refuses %s', (_name, bytes, message) => {
    expect(failure(() => readIdx(bytes, 'digits'))).toMatch(/^digits: /);
    expect(failure(() => readIdx(bytes, 'digits'))).toMatch(message);
  });
});

describe('readDigits', () => {
  const images = idx([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7]);

  it('joins images and labels', () => {
    const { images: read, labels } = readDigits(images, idx([2], [9, 0]), 'test');
    expect(read).toMatchObject({ count: 2, height: 2, width: 2, channels: 1 });
    expect([...labels]).toEqual([9, 0]);
  });

  it.each([
    [
      'labels of other images',
      images,
      idx([3], [1, 2, 3]),
      /test labels: .*2 images; got 3; .*do not belong/,
    ],
    ['a label that is no digit', images, idx([2], [1, 10]), /test labels: .*0 to 9; got 10 at image 1/],
    [
      'images without rows',
      idx([2, 4], [0, 1, 2, 3, 4, 5, 6, 7]),
      idx([2], [1, 2]),
      /test images: .*got 2 x 4/,
    ],
    ['no images at all', idx([0, 2, 2], []), idx([0], []), /test images: .*got 0 x 2 x 2/],
    ['the files swapped', idx([2], [1, 2]), images, /test images: .*got 2$/],
  ])('refuses %s', (_name, first, second, message) => {
    expect(failure(() => readDigits(first, second, 'test'))).toMatch(message);
  });
});
