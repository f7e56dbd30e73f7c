import { describe, expect, it } from 'vitest';
import { permutation } from '../../src/core/random';
import { toImages, type Normalisation, type ImageBytes } from '../../src/io/image_bytes';

const PLAIN: Normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };
const NORMAL: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

function images(count: number, height: number, width: number, channels: 1 | 3 | 4): ImageBytes {
  const data = Uint8Array.from(
    permutation(count * height * width * channels, 3, 'bytes'),
    (word) => word & 255,
  );
  return { data, count, height, width, channels };
}

/** The definition, one pixel at a time: weight of each source pixel by its distance from the clamped centre. */
function naive(
  { data, height, width, channels }: ImageBytes,
  chosen: number[],
  size: number,
  normal: Normalisation,
) {
  const centre = (index: number, from: number): number =>
    Math.min(Math.max(((index + 0.5) * from) / size - 0.5, 0), from - 1);
  const images: number[] = [];
  for (const image of chosen) {
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          let sum = 0;
          for (let row = 0; row < height; row++) {
            for (let column = 0; column < width; column++) {
              const down = Math.max(0, 1 - Math.abs(centre(y, height) - row));
              const across = Math.max(0, 1 - Math.abs(centre(x, width) - column));
              const pixel = (image * height + row) * width + column;
              sum += down * across * data[pixel * channels + (channels === 1 ? 0 : channel)]!;
            }
          }
          images.push((sum / 255 - normal.mean[channel]!) / normal.std[channel]!);
        }
      }
    }
  }
  return images;
}

describe('toImages', () => {
  it.each([
    [1, 7, 5, 12],
    [1, 28, 28, 10],
    [3, 6, 4, 9],
    [4, 5, 8, 5],
    [1, 1, 1, 3],
    [3, 4, 4, 1],
  ] as const)('%i channels, %i x %i to %i, equals the naive reference', (channels, height, width, size) => {
    const given = images(3, height, width, channels);
    const found = toImages(given, [2, 0], size, NORMAL);
    const expected = naive(given, [2, 0], size, NORMAL);
    expect(found.length).toBe(expected.length);
    const worst = expected.reduce((most, value, index) => Math.max(most, Math.abs(value - found[index]!)), 0);
    expect(worst).toBeLessThan(1e-6); // float32 keeps values up to 3 that exactly
  });

  it("gives PyTorch's numbers for interpolate(size=4, mode='bilinear', align_corners=False)", () => {
    const data = Uint8Array.of(0, 51, 102, 255);
    const found = toImages({ data, count: 1, height: 2, width: 2, channels: 1 }, [0], 4, PLAIN);
    const expected = [
      [0, 0.05, 0.15, 0.2],
      [0.1, 0.175, 0.325, 0.4],
      [0.3, 0.425, 0.675, 0.8],
      [0.4, 0.55, 0.85, 1],
    ].flat();
    expected.forEach((value, index) => expect(found[index]).toBeCloseTo(value, 6));
  });

  it('copies where nothing is to be resized', () => {
    const given = images(1, 4, 4, 3);
    const found = toImages(given, [0], 4, PLAIN);
    expect(found[16 + 5]! * 255).toBeCloseTo(given.data[5 * 3 + 1]!, 4);
  });

  it('repeats grey in all three channels', () => {
    const found = toImages(images(2, 4, 4, 1), [1], 6, PLAIN);
    expect(found.subarray(36, 72)).toEqual(found.subarray(0, 36));
    expect(found.subarray(72)).toEqual(found.subarray(0, 36));
  });

  it('says what does not fit', () => {
    const given = images(2, 4, 4, 1);
    expect(() => toImages({ ...given, count: 3 }, [0], 4, PLAIN)).toThrow(
      /3 images of 4x4x1 take 48 bytes; got 32/,
    );
    expect(() => toImages(given, [2], 4, PLAIN)).toThrow(/there are images 0 to 1; got 2/);
    expect(() => toImages(given, [0], 0, PLAIN)).toThrow(/size must be a whole number from 1; got 0/);
  });
});
