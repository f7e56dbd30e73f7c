// Images as bytes, from the upload to scores and losses.
import { beforeAll, describe, expect, it } from 'vitest';
import { googlenet } from '../../src/models/googlenet';
import { pixels } from '../../src/ops/pixels';
import { call } from '../support/call';
import { distance } from '../support/compare';
import type { badPixels, packedImages, packedTraining, unpaddedColours } from '../support/jobs/pixels';
import type { Received } from '../support/wire';

/** Some roundings more or less in the images, on their way through the network. */
const CLOSE = 1e-5;

describe('packed images', () => {
  let found: Received<Awaited<ReturnType<typeof packedImages>>>;
  beforeAll(async () => void (found = await call<typeof packedImages>('packedImages', null)));

  it('give the scores of numbers prepared on the CPU', () => {
    expect(Math.max(...found.floats.scores.map(Math.abs))).toBeGreaterThan(0);
    expect(distance(found.packed.scores, found.floats.scores).relative).toBeLessThan(CLOSE);
    expect(distance(found.packed.probabilities, found.floats.probabilities).relative).toBeLessThan(CLOSE);
  });
  it('may start anywhere in memory', () => {
    expect(found.unaligned.probabilities).toEqual(found.packed.probabilities);
  });
  it('upload a quarter of the bytes', () => {
    expect(found.packed.bytes).toBe(2 * 32 * 32 * 4);
    expect(found.floats.bytes).toBe(2 * 32 * 32 * 16);
  });
  it('go through the same kernel as uploaded numbers', () => {
    expect(found.packed.shaders).toEqual(found.floats.shaders);
  });
  it('train alike', async () => {
    const { floats, packed } = await call<typeof packedTraining>('packedTraining', null);
    expect(floats[1]).not.toBe(floats[0]);
    expect(distance(packed, floats).relative).toBeLessThan(CLOSE);
  });
  it('without padding where rows lie in a concatenation or are flattened', async () => {
    const { joined, flattened } = await call<typeof unpaddedColours>('unpaddedColours', null);
    // Pixel i has the colours 4i, 4i + 1, 4i + 2, in fifteenths.
    const plane = [0, 1, 2].map((colour) => [0, 4, 8, 12].map((first) => (first + colour) / 15));
    const expected = [...plane, ...plane.map((values) => values.map((value) => value - 1))].flat();
    expect(distance(joined ?? [], expected).relative).toBeLessThan(2e-7);
    expect(distance(flattened ?? [], plane.flat()).relative).toBeLessThan(2e-7);
  });
});

describe('bad input', () => {
  const type =
    'images must be a Uint8Array or Uint8ClampedArray; got Float32Array; ' +
    "give ImageData's data, or build the graph with float32 input";
  it('says what to do', async () => {
    expect(await call<typeof badPixels>('badPixels', null)).toEqual({
      'step: numbers': `ValueError: trainer.step: ${type}`,
      'step: one image too few':
        'ShapeError: trainer.step: images must be [2, 32, 32, 4], 8192 bytes; got 4096; ' +
        'each pixel has 4 bytes: R, G, B, A',
      'run: numbers': `ValueError: classifier.run: ${type}`,
      'run: half an image':
        'ShapeError: classifier.run: needs a multiple of 4096 bytes, from one image; got 6144',
      'write: half a pixel': 'ShapeError: images: needs 4 bytes per pixel, R, G, B and A; got 8190 bytes',
      'write: a pixel too few':
        'ShapeError: images: needs 2048 numbers for the shape [2, 1, 32, 32]; got 2047',
      'write: numbers': 'ValueError: images: needs a Uint32Array; got Float32Array',
    });
  });

  const x = { shape: [1, 1, 2, 2], dtype: 'u32' } as const;
  it('in the graph', () => {
    expect(() => pixels.infer('p', { x: { ...x, dtype: 'f32' } }, {})).toThrow(
      'p: x must hold packed pixels, u32; got f32',
    );
    expect(() => pixels.infer('p', { x: { ...x, shape: [1, 4, 2, 2] } }, {})).toThrow(
      'p: x must be (N, 1, H, W), one word per pixel; got [1, 4, 2, 2]',
    );
    expect(() => pixels.infer('p', { x }, { deviation: [1, 0, 1] })).toThrow(
      'deviation must be 3 numbers above 0; got [1, 0, 1]',
    );
    expect(() => pixels.infer('p', { x }, { mean: [NaN, 0, 0] })).toThrow(
      'mean must be 3 finite numbers; got [NaN, 0, 0]',
    );
    expect(() => googlenet({ classes: 2, batch: 1, pixels: {} })).toThrow("give input: 'rgba8' too");
  });
});
