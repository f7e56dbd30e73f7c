import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineError, FormatError } from '../../src/core/errors';
import { fromGrey } from '../../src/data/decoding';
import { decodePicture, loadPicture } from '../../src/data/node/decode';
import { findPictures } from '../../src/data/node/find';
import { loadSharp } from '../../src/data/node/sharp';
import { decodedSize, type DecodedPicture } from '../../src/data/picture';
import { animation, emptyPng, folderOf, plain, quarters } from './pictures';

const whole = { shorterSide: 1000 };

/** Red, green and blue at a place given in quarters of the sides. */
function at({ width, height, data }: DecodedPicture, x: number, y: number): number[] {
  const index = (Math.floor((y * height) / 4) * width + Math.floor((x * width) / 4)) * 4;
  return [...data.subarray(index, index + 4)];
}

const near = (found: readonly number[], expected: readonly number[], within = 6): void =>
  expected.forEach((value, index) => {
    expect(Math.abs(found[index]! - value), `${found.join()} for ${expected.join()}`).toBeLessThanOrEqual(
      within,
    );
  });

describe('decodePicture', () => {
  it.each([
    ['JPEG', () => plain(20, 10).jpeg(), [200, 100, 50]],
    ['WebP', () => plain(20, 10).webp(), [200, 100, 50]],
    ['AVIF', () => plain(20, 10).avif({ effort: 0 }), [200, 100, 50]],
    ['PNG of 16 bits', () => plain(20, 10).toColourspace('rgb16').png(), [200, 100, 50]],
    ['PNG with a palette', () => plain(20, 10).png({ palette: true }), [200, 100, 50]],
    ['grey PNG', () => plain(20, 10, [90, 90, 90]).toColourspace('b-w').png(), [90, 90, 90]],
    ['grey JPEG', () => plain(20, 10, [90, 90, 90]).toColourspace('b-w').jpeg(), [90, 90, 90]],
    ['grey PNG of 16 bits', () => plain(20, 10, [90, 90, 90]).toColourspace('grey16').png(), [90, 90, 90]],
    ['PNG with alpha, on white', () => plain(20, 10, [200, 100, 50, 0.5]).png(), [227, 177, 152]],
    ['WebP with alpha, on white', () => plain(20, 10, [200, 100, 50, 0.5]).webp(), [227, 177, 152]],
    ['PNG that is all transparent', () => plain(20, 10, [0, 0, 0, 0]).png(), [255, 255, 255]],
    ['first frame of a GIF', () => animation(20, 10, [40, 200]).gif(), [40, 40, 40]],
    ['first frame of a WebP', () => animation(20, 10, [40, 200]).webp({ lossless: true }), [40, 40, 40]],
  ])('decodes a %s', async (_name, make, colour) => {
    const picture = await decodePicture(await make().toBuffer(), whole);
    expect([picture.width, picture.height, picture.data.length]).toEqual([20, 10, 800]);
    expect(picture.data).toBeInstanceOf(Uint8Array);
    near(at(picture, 0, 0), [...colour, 255], 4);
    near(at(picture, 3, 3), [...colour, 255], 4);
  });

  it('takes CMYK for what it looks like', async () => {
    const picture = await decodePicture(await plain(20, 10).toColourspace('cmyk').jpeg().toBuffer(), whole);
    near(at(picture, 0, 0), [200, 100, 50, 255], 32);
  });

  it.each([
    [1, 'red', 'green', 'blue'],
    [2, 'green', 'red', 'white'],
    [3, 'white', 'blue', 'green'],
    [6, 'blue', 'red', 'white'],
    [8, 'green', 'white', 'red'],
  ])('turns a JPEG as orientation %i says', async (orientation, ...expected) => {
    const colours: Record<string, number[]> = { red: [220, 30, 30], green: [30, 200, 30], blue: [30, 30, 210], white: [240, 240, 240] }; // prettier-ignore
    const bytes = await quarters(80, 40).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const picture = await decodePicture(bytes, whole);
    expect([picture.width, picture.height]).toEqual(orientation > 4 ? [40, 80] : [80, 40]);
    const found = [at(picture, 1, 1), at(picture, 3, 1), at(picture, 1, 3)];
    expected.forEach((name, index) => near(found[index]!, colours[name]!, 25));
  });

  it('makes large pictures smaller, and small ones not larger', async () => {
    const bytes = await quarters(400, 300).jpeg().toBuffer();
    const sizeOf = async (options: { shorterSide: number; mostPixels?: number }) => {
      const { width, height, data } = await decodePicture(bytes, options);
      expect(data.length).toBe(width * height * 4);
      return [width, height];
    };
    expect(await sizeOf({ shorterSide: 60 })).toEqual([80, 60]);
    expect(await sizeOf({ shorterSide: 300 })).toEqual([400, 300]);
    expect(await sizeOf({ shorterSide: 301 })).toEqual([400, 300]);
    expect(await sizeOf({ shorterSide: 300, mostPixels: 1200 })).toEqual([40, 30]);
  });

  it('lays what is transparent on white before it makes it smaller', async () => {
    // Black where nothing shows: its colour must not seep in.
    const data = Buffer.alloc(64 * 64 * 4);
    for (let index = 0; index < 64 * 64; index++)
      if ((index & 1) === 1) data.fill(255, index * 4, index * 4 + 4);
    const { default: sharp } = await import('sharp');
    const bytes = await sharp(data, { raw: { width: 64, height: 64, channels: 4 } })
      .png()
      .toBuffer();
    expect(at(await decodePicture(bytes, { shorterSide: 16 }), 2, 2)).toEqual([255, 255, 255, 255]);
  });

  it('names the file and the reason', async () => {
    const jpeg = await quarters(200, 200).jpeg().toBuffer();
    const broken = Buffer.from(jpeg).fill(0xaa, 400, jpeg.length - 2);
    const png = await quarters(64, 64).png().toBuffer();
    for (const [bytes, reason] of [
      [
        Buffer.from('hello'),
        /^cat\/1.jpg: cannot be decoded; got a text file, which begins with "hello"; leave it out/,
      ],
      [jpeg.subarray(0, -300), /got its end is missing/],
      [broken, /^cat\/1.jpg: cannot be decoded; got \S.*; leave it out, or fetch it again$/],
      [png.fill(7, 60, 80), /cannot be decoded; got \S/],
      [emptyPng(64, 64), /cannot be decoded; got \S/],
      [emptyPng(20000, 20000), /got a picture of 20000 x 20000 pixels/],
    ] as const) {
      const failed = decodePicture(bytes, { ...whole, where: 'cat/1.jpg' });
      await expect(failed).rejects.toThrow(reason);
      await expect(failed).rejects.toBeInstanceOf(FormatError);
    }
  });

  it('takes what telephones write, although it is not quite a JPEG', async () => {
    const jpeg = await quarters(40, 40).jpeg({ progressive: false }).toBuffer();
    const scan = jpeg.indexOf(Buffer.from([255, 218]));
    // The last three bytes of the start of scan must be 0, 63, 0.
    jpeg.set([1, 5, 0], scan + 2 + jpeg.readUInt16BE(scan + 2) - 3);
    expect(await decodePicture(jpeg, whole)).toMatchObject({ width: 40, height: 40 });
  });

  it('decodes a few pixels', async () => {
    const { width, height } = await decodePicture(await plain(1, 3).png().toBuffer(), whole);
    expect([width, height]).toEqual([1, 3]);
  });

  it('refuses wrong options', async () => {
    await expect(decodePicture(emptyPng(9, 9), {} as never)).rejects.toThrow(/lacks shorterSide/);
    await expect(decodePicture(emptyPng(9, 9), { shorterSide: 0 })).rejects.toThrow(
      /shorterSide must be a whole/,
    );
    await expect(decodePicture('x' as never, whole)).rejects.toThrow(
      /picture: must be given as a Uint8Array/,
    );
  });
});

describe('decodedSize', () => {
  it('holds panoramas down: to what a crop takes, too', () => {
    expect(decodedSize(20_000, 8, { shorterSide: 130 })).toEqual({ width: 16383, height: 7 });
    expect(decodedSize(9_000, 900, { shorterSide: 448 })).toEqual({ width: 4480, height: 448 });
    expect(decodedSize(50_000, 448, { shorterSide: 448 })).toEqual({ width: 16383, height: 147 });
  });

  it.each([
    [[4000, 3000], { shorterSide: 448, mostPixels: 10 ** 7 }, [597, 448]],
    [[448, 10000], { shorterSide: 448, mostPixels: 16 * 448 ** 2 }, [379, 8466]],
    [[30000, 100], { shorterSide: 448, mostPixels: 100_000 }, [5477, 18]],
    [[50000, 8], { shorterSide: 4, mostPixels: 16 }, [16, 1]],
    [[3, 3], { shorterSide: 3, mostPixels: 1 }, [1, 1]],
  ])('of %j with %j is %j', ([width, height], options, expected) => {
    const size = decodedSize(width!, height!, options);
    expect([size.width, size.height]).toEqual(expected);
    expect(size.width * size.height).toBeLessThanOrEqual(options.mostPixels);
  });
});

describe('loadPicture', () => {
  it('decodes pictures of a set, and names files that are gone or damaged', async () => {
    const root = await folderOf({ 'a/1.png': true, 'a/2.png': true, 'b/1.png': true, 'b/2.png': true });
    const set = await findPictures(root);
    expect(await loadPicture(set, 0, whole)).toMatchObject({ width: 9, height: 9 });
    writeFileSync(join(root, 'a/2.png'), 'x');
    unlinkSync(join(root, 'b/1.png'));
    await expect(loadPicture(set, 1, whole)).rejects.toThrow(/^a\/2.png: cannot be decoded; got a text file/);
    await expect(loadPicture(set, 2, whole)).rejects.toThrow(
      /^b\/1.png: cannot be read; got it is not there/,
    );
    await expect(loadPicture(set, 4, whole)).rejects.toThrow(
      /index must be a whole number from 0 to 3; got 4/,
    );
  });

  it('has those of IDX files at once', async () => {
    const header = { format: 'IDX', width: 2, height: 1, orientation: 1, bits: 8, channels: 1 } as const;
    const pixels = new Uint8Array([7, 200]);
    const data = new Uint8Array([7, 7, 7, 255, 200, 200, 200, 255]);
    expect(fromGrey(header, pixels)).toEqual({ width: 2, height: 1, data });
    const pictures = [{ file: 'x#0', class: 0, bytes: 2, header, pixels }];
    const set = { root: '/', classes: ['0', '1'], pictures, train: [0], heldOut: [], skipped: [], notes: [] };
    expect(await loadPicture(set, 0, whole)).toEqual({ width: 2, height: 1, data });
  });
});

it('a missing sharp is named, with what to do', async () => {
  const missing = loadSharp(() => Promise.reject(new Error("Cannot find package 'sharp'\nat x")));
  await expect(missing).rejects.toThrow(
    /^sharp: decodes pictures in Node but cannot be loaded; got Cannot find package 'sharp'; npm install sharp/,
  );
  await expect(missing).rejects.toBeInstanceOf(EngineError);
});
