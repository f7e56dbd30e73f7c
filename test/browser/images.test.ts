// What browsers have images in, as input: exact bytes, sizes, and what no longer crosses.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { bitmaps, crossing, kindsOfImages } from '../support/jobs/images';
import type { Received } from '../support/wire';

describe('the bytes of an image', () => {
  let report: Received<Awaited<ReturnType<typeof kindsOfImages>>>;
  beforeAll(async () => void (report = await call<typeof kindsOfImages>('kindsOfImages', null)));

  it.each([
    'ImageData',
    'ImageData with alpha',
    'ImageBitmap',
    'OffscreenCanvas',
    'HTMLCanvasElement',
    'VideoFrame',
    'GPUTexture',
  ])('are exact: %s', (name) => {
    const kind = report.found.find((each) => each.name === name);
    expect(kind?.found).toEqual(kind?.expected);
  });
  it('leave no buffer behind', () => expect(report.left).toBe(0));
});

describe('bitmaps', () => {
  let report: Received<Awaited<ReturnType<typeof bitmaps>>>;
  beforeAll(async () => void (report = await call<typeof bitmaps>('bitmaps', null)));

  it('classify as their bytes do, the last, partial batch too', () => {
    expect(report.scores).toHaveLength(3 * 4);
    expect(new Set(report.scores).size).toBeGreaterThan(6);
    expect(report.scores).toEqual(report.expected);
  });
  it.each([
    ['no images', 'ValueError: fromImages: needs an image at least'],
    ['a single image', 'ValueError: fromImages: the images must be an array; got {}'],
    [
      'an array',
      'ValueError: fromImages: each image must be one of HTMLVideoElement, HTMLImageElement, VideoFrame',
    ],
    [
      'a texture of another format',
      'ValueError: fromImages: a texture must be rgba8unorm with one sample and the usage COPY_SRC; got bgra8unorm',
    ],
    [
      'another size',
      'ShapeError: classifier.run: images must be 6 x 5; got 7 x 5; ' +
        'createImageBitmap(image, { resizeWidth: 6, resizeHeight: 5 }) makes one of that size',
    ],
    [
      'an input of floats',
      "ValueError: x: images need an input of packed pixels; got f32 [1, 3, 5, 6]; build the graph with packed input, such as googlenet({ input: 'rgba8' })",
    ],
    ['three for two', 'ShapeError: images: needs 2 images; got 3'],
    ['a closed bitmap', 'ShapeError: classifier.run: images must be 6 x 5; got 0 x 0'],
    ['a destroyed texture', 'ValueError: fromImages: the device refuses it; got '],
  ])('refuse %s', (what, message) => expect(report.messages[what]).toContain(message));
  it('go on afterwards', () => expect(report.works).toBe(12));
});

it('32 images of 224 x 224 cross as a few numbers in place of six megabytes', async () => {
  const { arrays, gpu } = await call<typeof crossing>('crossing', null);
  const line = (name: string, { bytes, milliseconds }: typeof gpu) =>
    `${name.padEnd(40)} ${String(bytes).padStart(9)} bytes ${milliseconds.toFixed(0).padStart(6)} ms`;
  console.log([line('canvas, getImageData, array', arrays), line('fromImages', gpu)].join('\n'));
  expect(gpu.scores).toEqual(arrays.scores);
  expect(arrays.bytes).toBeGreaterThan(32 * 224 * 224 * 4);
  expect(gpu.bytes).toBeLessThan(200);
});
