// What needs no GPU: maps of numbers that are known, colours, overlays, grids.
import { describe, expect, it } from 'vitest';
import { classActivation, grid, heatColour, overlay } from '../../src/explain';

const tensor = (shape: readonly number[], numbers: readonly number[]) => ({
  shape,
  data: Float32Array.from(numbers),
});

describe('classActivation', () => {
  const features = tensor([2, 2, 1, 2], [9, 9, 9, 9, 1, 2, 10, 20]);
  const weights = tensor([2, 2], [7, 7, 3, -0.5]);

  it('weighs the features of an image by the weights of a class', () => {
    const map = classActivation({ features, weights, class: 1, image: 1 });
    expect(map).toEqual(tensor([1, 2], [3 * 1 - 0.5 * 10, 3 * 2 - 0.5 * 20]));
    const alone = tensor([2, 1, 2], [1, 2, 10, 20]);
    expect(classActivation({ features: alone, weights, class: 1 })).toEqual(map);
  });

  it.each([
    [{ class: 2 }, 'classActivation: class must be a whole number from 0 to 1; got 2'],
    [{ class: 0, image: 2 }, 'classActivation: image must be a whole number from 0 to 1; got 2'],
    [
      { class: 0, weights: tensor([2, 3], [1, 2, 3, 4, 5, 6]) },
      'classActivation: weights must be (classes, 2); got [2, 3] for features of [2, 2, 1, 2]',
    ],
    [
      { class: 0, features: tensor([2, 2], [1, 2, 3, 4]) },
      'classActivation: features must be (C, H, W) or (N, C, H, W); got [2, 2]',
    ],
    [
      { class: 0, features: { shape: [1, 1, 1], data: [1] as never } },
      'classActivation: the numbers of features must be a Float32Array; got Array',
    ],
    [{ class: 0, features: tensor([1, 1, 3], [1]) }, 'features of [1, 1, 3] has 3 numbers; got 1'],
  ])('refuses %j', (wrong, message) =>
    expect(() => classActivation({ features, weights, ...wrong })).toThrow(message),
  );
});

describe('heatColour', () => {
  const all = Array.from({ length: 256 }, (_, step) => heatColour(step / 255));
  /** Of CIE 1976, by the luminance of sRGB (IEC 61966-2-1). */
  const lightness = all.map((colour) => {
    const [r, g, b] = colour.map((byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (24389 / 27) * y;
  });

  it('goes from dark to light, ever lighter, without a leap', () => {
    expect(lightness[0]).toBeLessThan(5);
    expect(lightness.at(-1)).toBeGreaterThan(90);
    // Eight bits round.
    for (let step = 16; step < 256; step += 16) {
      const more = lightness[step]! - lightness[step - 16]!;
      expect(more).toBeGreaterThan(3);
      expect(more).toBeLessThan(9);
    }
  });

  it('has the colours of its ends beyond them, and refuses what is no number', () => {
    expect(heatColour(-1)).toEqual(all[0]);
    expect(heatColour(7)).toEqual(all[255]);
    expect(() => heatColour(NaN)).toThrow('heatColour: share must be a finite number; got NaN');
  });
});

describe('overlay', () => {
  const grey = (width: number, height: number) => ({
    width,
    height,
    data: new Uint8Array(4 * width * height).fill(100),
  });
  const reds = (data: Uint8Array): number[] => Array.from(data).filter((_, at) => at % 4 === 0);

  it('stretches a map between the centres of its numbers', () => {
    const { data } = overlay(tensor([1, 2], [10, 20]), grey(8, 1), { opacity: 1 });
    const shares = [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1];
    expect(Array.from(data)).toEqual(shares.flatMap((share) => [...heatColour(share), 255]));
  });

  it('mixes it with the picture, which stays as it is', () => {
    const picture = grey(2, 2);
    const map = tensor([2, 2], [0, 0, 0, 1]);
    const [dark, light] = [heatColour(0)[0], heatColour(1)[0]];
    const mixed = (byte: number): number => Math.round(0.25 * byte + 75);
    const shown = overlay(map, picture, { opacity: 0.25 });
    expect(reds(shown.data)).toEqual([mixed(dark), mixed(dark), mixed(dark), mixed(light)]);
    expect(reds(overlay(map, picture, { opacity: 0 }).data)).toEqual([100, 100, 100, 100]);
    expect(picture).toEqual(grey(2, 2));
  });

  it('clips what outshines the rest, and takes a map of one number', () => {
    const map = tensor([1, 5], [0, 1, 2, 4, 1000]);
    const shown = overlay(map, grey(5, 1), { opacity: 1, clip: 0.25 });
    expect(reds(shown.data)).toEqual([0, 0.25, 0.5, 1, 1].map((share) => heatColour(share)[0]));
    expect(reds(overlay(tensor([1, 1], [3]), grey(2, 1), { opacity: 1 }).data)).toEqual(
      [0, 0].map((share) => heatColour(share)[0]),
    );
  });

  it('refuses what is no picture', () => {
    const map = tensor([1, 1], [1]);
    const wrong = { width: 2, height: 1, data: new Uint8Array(4) };
    expect(() => overlay(map, wrong)).toThrow('overlay: a picture of 2 x 1 has 8 bytes; got 4');
    expect(() => overlay(map, grey(1, 1), { opacity: 2 })).toThrow('overlay: opacity must be');
    expect(() => overlay(tensor([1], [1]), grey(1, 1))).toThrow('overlay: map must be (H, W); got [1]');
  });
});

describe('grid', () => {
  it('shows each map between its least and its largest number, with gaps', () => {
    const { width, height, data } = grid(tensor([3, 1, 2], [0, 1, 5, 5, -4, -8]));
    expect([width, height]).toEqual([5, 3]);
    const [dark, light, none] = [
      [...heatColour(0), 255],
      [...heatColour(1), 255],
      [0, 0, 0, 0],
    ];
    const line = (...pixels: number[][]): number[] => pixels.flat();
    expect(Array.from(data)).toEqual(
      line(
        ...[dark, light, none, dark, dark],
        ...[none, none, none, none, none],
        ...[light, dark, none, none, none],
      ),
    );
  });

  it('shows filters in their colours', () => {
    const filter = [0, 1, 2, 3, 4, 5];
    const { width, height, data } = grid(tensor([1, 3, 1, 2], filter), { gap: 0 });
    expect([width, height]).toEqual([2, 1]);
    expect(Array.from(data)).toEqual([0, 102, 204, 255, 51, 153, 255, 255]);
  });

  it('lays tiles as it is told, and refuses others', () => {
    const tiles = tensor([3, 1, 1], [1, 2, 3]);
    const { width, height } = grid(tiles, { columns: 3, gap: 2 });
    expect([width, height]).toEqual([7, 1]);
    expect(grid(tiles, { columns: 9 })).toMatchObject({ width: 5, height: 1 });
    const four = tensor([1, 2, 1, 1], [1, 2]);
    expect(() => grid(four)).toThrow('grid: tiles of four axes must be (N, 3, H, W); got [1, 2, 1, 1]');
    expect(() => grid(tiles, { columns: 0 })).toThrow('grid: columns must be a whole number from 1; got 0');
  });
});
