import { describe, expect, it } from 'vitest';
import { philox } from '../../src/core/random';
import { inspectPicture } from '../../src/data/inspect';
import { animation, emptyPng, plain, quarters } from './pictures';

const rgba = [200, 100, 50, 0.5] as const;
const grey = [90, 90, 90] as const;

describe('inspectPicture', () => {
  it.each([
    ['a JPEG', () => plain(20, 10).jpeg(), { format: 'JPEG' }],
    [
      'a JPEG that is turned',
      () => plain(20, 10).withMetadata({ orientation: 6 }).jpeg(),
      { format: 'JPEG', orientation: 6 },
    ],
    ['a progressive JPEG', () => plain(20, 10).jpeg({ progressive: true }), { format: 'JPEG' }],
    ['a JPEG in CMYK', () => plain(20, 10).toColourspace('cmyk').jpeg(), { format: 'JPEG', channels: 4 }],
    ['a grey JPEG', () => plain(20, 10, grey).toColourspace('b-w').jpeg(), { format: 'JPEG', channels: 1 }],
    ['a PNG', () => plain(20, 10).png(), { format: 'PNG' }],
    ['a PNG with alpha', () => plain(20, 10, rgba).png(), { format: 'PNG', channels: 4 }],
    ['a PNG of 16 bits', () => plain(20, 10).toColourspace('rgb16').png(), { format: 'PNG', bits: 16 }],
    ['a grey PNG', () => plain(20, 10, grey).toColourspace('b-w').png(), { format: 'PNG', channels: 1 }],
    ['a WebP', () => plain(20, 10).webp(), { format: 'WebP' }],
    ['a WebP without loss', () => plain(20, 10).webp({ lossless: true }), { format: 'WebP' }],
    ['a WebP with alpha', () => plain(20, 10, rgba).webp(), { format: 'WebP', channels: 4 }],
    ['an animated WebP', () => animation(20, 10, [1, 200]).webp(), { format: 'WebP' }],
    ['a GIF', () => animation(20, 10, [1, 200]).gif(), { format: 'GIF' }],
    ['an AVIF', () => plain(20, 10).avif({ effort: 0 }), { format: 'AVIF' }],
    ['an AVIF with alpha', () => plain(20, 10, rgba).avif({ effort: 0 }), { format: 'AVIF', channels: 4 }],
  ])('knows %s', async (_name, make, expected) => {
    const bytes = await make().toBuffer();
    const size = { width: 20, height: 10, orientation: 1, bits: 8, channels: 3 };
    expect(inspectPicture(bytes)).toEqual({ ...size, ...expected });
  });

  it.each([
    ['no bytes', Buffer.alloc(0), 'not a picture', /an empty file/],
    ['text', Buffer.from('Grüße,\nword'), 'not a picture', /a text file, which begins with "Grüße,"/],
    [
      'anything else',
      Buffer.from([1, 2, 0, 255]),
      'not a picture',
      /unknown kind, which begins with 01 02 00 ff/,
    ],
    ['BMP', Buffer.from('BM....\0\0\0\0', 'latin1'), 'format', /a BMP file, which is not taken/],
    ['TIFF', Buffer.from('II*\0....', 'latin1'), 'format', /TIFF/],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic', 'latin1'), 'format', /HEIC/],
    ['a large PNG', emptyPng(20000, 20000), 'enormous', /20000 x 20000/],
    ['a small PNG', emptyPng(100, 7), 'tiny', /100 x 7/],
    ['a PNG without width', emptyPng(0, 7), 'corrupt', /0 x 7/],
    ['a PNG without end', emptyPng(20, 20).subarray(0, -6), 'truncated', /end is missing.* after \d+ bytes/],
    ['a PNG of 20 bytes', emptyPng(20, 20).subarray(0, 20), 'truncated', /header is cut off after 20 bytes/],
    ['a JPEG without data', Buffer.from([255, 216, 255, 217]), 'corrupt', /without a picture/],
    ['a JPEG of nonsense', Buffer.from([255, 216, 255, 224, 0, 2, 7, 7]), 'corrupt', /marker at byte 6/],
  ])('refuses %s', (_name, bytes, fault, detail) => {
    expect(inspectPicture(bytes)).toEqual({ fault, detail: expect.stringMatching(detail) as string });
  });

  it.each([
    ['JPEG', () => plain(64, 64).jpeg()],
    ['PNG', () => plain(64, 64).png()],
    ['WebP', () => plain(64, 64).webp()],
    ['AVIF', () => plain(64, 64).avif({ effort: 0 })],
  ])('finds each way to cut a %s', async (_name, make) => {
    const bytes = await make().toBuffer();
    for (let length = 12; length < bytes.length - 1; length += 3) {
      expect(inspectPicture(bytes.subarray(0, length)), `${length}`).toMatchObject({ fault: 'truncated' });
    }
  });

  it('takes the thumbnail of a cut JPEG for no end, and what a camera appends for none', async () => {
    const bytes = await plain(64, 64).jpeg().toBuffer();
    const exif = Buffer.from([255, 225, 0, 10, 1, 255, 216, 255, 217, 1, 1, 1]);
    const camera = Buffer.concat([bytes.subarray(0, 2), exif, bytes.subarray(2)]);
    expect(inspectPicture(camera)).toMatchObject({ width: 64 });
    expect(inspectPicture(camera.subarray(0, -9))).toMatchObject({ fault: 'truncated' });
    expect(inspectPicture(Buffer.concat([camera, Buffer.alloc(500)]))).toMatchObject({ width: 64 });
  });

  it('wants more where a beginning does not tell', async () => {
    const bytes = await quarters(256, 256).jpeg().toBuffer();
    const parts = { size: bytes.length, tail: bytes.subarray(-64) };
    expect(inspectPicture(bytes.subarray(0, 40), parts)).toBeUndefined();
    expect(inspectPicture(bytes.subarray(0, -64), parts)).toMatchObject({ width: 256 });
  });

  it('has an answer for any damage', async () => {
    const files = [
      await plain(32, 32).withMetadata({ orientation: 3 }).jpeg().toBuffer(),
      await plain(32, 32).png().toBuffer(),
      await plain(32, 32).webp().toBuffer(),
      await animation(32, 32, [1, 2]).gif().toBuffer(),
      await plain(32, 32).avif({ effort: 0 }).toBuffer(),
    ];
    for (let step = 0; step < 5000; step++) {
      const [a, b, c, d] = philox([step, 0, 0, 0], [5, 6]);
      const bytes = Buffer.from(files[step % files.length]!);
      for (const word of [a, b]) bytes[(word >>> 8) % Math.min(bytes.length, 400)] = word & 255;
      const cut = (c & 3) === 0 ? bytes.subarray(0, d % bytes.length) : bytes;
      expect(inspectPicture(cut)).toSatisfy((found: object) => 'fault' in found || 'format' in found);
    }
  });

  it('asks for bytes', () => {
    expect(() => inspectPicture('x' as never)).toThrow(/picture: must be given as a Uint8Array/);
  });
});
