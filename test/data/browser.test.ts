import type { Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/data/node/decode';
import type { decodeInBrowser, decodeWithoutWorkers, undecodableInBrowser } from '../support/jobs/pictures';
import { call } from '../support/call';
import { animation, emptyPng, plain, quarters } from './pictures';

const onNode = process.env['TEST_HOST'] === 'node';

const PICTURES: Readonly<Record<string, () => Sharp>> = {
  'JPEG on its side': () => quarters(160, 80).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }),
  'grey PNG': () => plain(40, 20, [90, 90, 90]).toColourspace('b-w').png(),
  'PNG with alpha': () => plain(40, 20, [200, 100, 50, 0.5]).png(),
  'PNG of 16 bits': () => quarters(40, 20).toColourspace('rgb16').png(),
  'animated GIF': () => animation(40, 20, [40, 200]).gif(),
  'animated WebP': () => animation(40, 20, [40, 200]).webp({ lossless: true }),
  WebP: () => quarters(40, 20).webp({ quality: 95 }),
  AVIF: () => quarters(40, 20).avif({ effort: 0 }),
  'large JPEG': () => quarters(800, 600).jpeg({ quality: 95 }),
  panorama: () => quarters(2000, 100).jpeg({ quality: 95 }),
};
/** How far bytes may be from those that sharp gives: on average, where the edges of a smaller picture count most; and in the corners. */
const WITHIN = { mean: 1, corner: 4 };

const options = { shorterSide: 60, mostPixels: 20_000 };

/** Red, green and blue of a pixel. */
const pixel = ({ width, data }: { width: number; data: ArrayLike<number> }, x: number, y: number): number[] =>
  Array.from({ length: 3 }, (_, channel) => data[(y * width + x) * 4 + channel]!);

describe.skipIf(onNode)('pictures in a browser', () => {
  it('are decoded as sharp does, nearly, in workers and in the page', async () => {
    const made = await Promise.all(
      Object.entries(PICTURES).map(async ([name, make]) => [name, await make().toBuffer()] as const),
    );
    const files = Object.fromEntries(made.map(([name, bytes]) => [name, [...bytes]]));
    const { found, differing, workers } = await call<typeof decodeInBrowser>('decodeInBrowser', {
      files,
      options,
    });
    expect(workers).toEqual([2, 0]);
    expect(differing).toEqual([]);
    for (const [name, bytes] of made) {
      const [expected, picture] = [await decodePicture(bytes, options), found[name]!];
      expect([picture.width, picture.height], name).toEqual([expected.width, expected.height]);
      expect(picture.data.length, name).toBe(expected.data.length);
      const sum = expected.data.reduce((all, byte, index) => all + Math.abs(byte - picture.data[index]!), 0);
      expect(sum / expected.data.length, name).toBeLessThanOrEqual(WITHIN.mean);
      const { width, height } = expected;
      for (const [x, y] of [
        [1, 1],
        [width - 2, 1],
        [1, height - 2],
        [width - 2, height - 2],
      ] as const) {
        // prettier-ignore
        pixel(expected, x, y).forEach((value, channel) => {
          expect(Math.abs(pixel(picture, x, y)[channel]! - value), `${name} at ${x}, ${y}`).toBeLessThanOrEqual(WITHIN.corner);
        });
      }
    }
  });

  it('that cannot be decoded are named, with the reason', async () => {
    const jpeg = await quarters(64, 64).jpeg().toBuffer();
    const files = {
      'cut.jpg': [...jpeg.subarray(0, -50)],
      'text.jpg': [...Buffer.from('hello')],
      'empty.png': [...emptyPng(64, 64)],
      'vast.png': [...emptyPng(20000, 20000)],
    };
    const { messages, closed } = await call<typeof undecodableInBrowser>('undecodableInBrowser', {
      files,
      options,
    });
    for (const [name, reason] of [
      ['cut.jpg', /got its end is missing/],
      ['text.jpg', /got a text file, which begins with "hello"/],
      ['empty.png', /got \S/],
      ['vast.png', /got a picture of 20000 x 20000 pixels/],
    ] as const) {
      const message = messages[`${name} in a worker`];
      expect(message).toMatch(`FormatError: ${name}: cannot be decoded; got `);
      expect(message).toMatch(reason);
      expect(message).toMatch(/; leave it out, or fetch it again$/);
      expect(messages[`${name} in the page`]).toBe(message);
    }
    expect(messages['wrong options']).toMatch(/^ValueError: decodePicture: .* lacks shorterSide/);
    expect(messages['wrong workers']).toMatch(/^ValueError: PictureDecoder: workers must be a whole number/);
    const error = 'EngineError: PictureDecoder: is closed; open another: new PictureDecoder()';
    expect(closed).toEqual({ 'under way': error, afterwards: error });
  });

  it('are decoded in the page where there are no workers, or broken ones', async () => {
    const files = { 'a.png': [...(await plain(40, 20).png().toBuffer())] };
    const sizes = await call<typeof decodeWithoutWorkers>('decodeWithoutWorkers', { files, options });
    expect(sizes).toEqual([[0, 40, 40, 40], [0, 40, 40, 40]]); // prettier-ignore
  });
});
