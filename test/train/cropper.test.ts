// Pictures that a cropper turns into a network's images, beside the same on the CPU.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import { distance } from '../support/compare';
import type { cropperImages, cropperRefusals } from '../support/jobs/cropper';

describe('images of a cropper', () => {
  let report: Awaited<ReturnType<typeof cropperImages>>;
  beforeAll(async () => void (report = await call<typeof cropperImages>('cropperImages', null)));

  const expectNear = (found: readonly number[], expected: readonly number[]): void => {
    expect(found).toHaveLength(expected.length);
    expect(distance(found, Float32Array.from(expected)).relative).toBeLessThan(5e-6);
  };

  it.each(['padded', 'plain'] as const)('are those of cropOnCpu, in an input with %s rows', (kind) => {
    expectNear(report.inputs[kind], report.expected);
  });

  it('are there when the program runs: a classifier sees them, in whole batches and in the rest', () => {
    expectNear(report.classified, report.uploaded);
    expect(new Set(report.rest)).toEqual(new Set([0]));
  });

  it('are of each by itself where several are asked for at once', () => {
    expectNear(report.runs.flat(), report.uploaded.slice(0, report.runs.flat().length));
  });

  it('train as the same numbers do, in a batch and in its parts', () => {
    const [uploaded = [], cropped = [], blended = [], mixed = []] = report.losses;
    for (const [found, expected] of [
      [cropped, uploaded],
      [mixed, blended],
    ] as const) {
      // prettier-ignore
      expect(found).toHaveLength(4);
      found.forEach((loss, at) => expect(Math.abs(loss - (expected[at] ?? NaN))).toBeLessThan(1e-5));
    }
    expect(Math.abs(mixed[0]! - cropped[0]!)).toBeGreaterThan(1e-4);
  });

  it('come in several parts where the device binds little', () => {
    expect(report.parts).toBeGreaterThan(2);
    expectNear(report.divided, report.expected);
    expectNear(report.dividedMix, report.blended);
  });

  it('leave no memory behind', () => expect(report.left).toBe(0));
});

describe('a cropper refuses', () => {
  let messages: Awaited<ReturnType<typeof cropperRefusals>>;
  beforeAll(async () => void (messages = await call<typeof cropperRefusals>('cropperRefusals', null)));

  it.each([
    [
      'no pictures',
      'ShapeError: cropper: needs a crop for each picture, and one at least; got 0 pictures, 0 crops',
    ],
    ['pictures that are none', 'ValueError: cropper: the pictures must be an array; got "pictures"'],
    [
      'a crop too few',
      'ShapeError: cropper: needs a crop for each picture, and one at least; got 4 pictures, 3 crops',
    ],
    ['crops of others', 'ValueError: cropper: crop 0 is of a picture of 6 x 6; got 31 x 17'],
    ['a byte too few', 'ShapeError: cropper: picture 0 of 31 x 17 has 2108 bytes; got 2107'],
    ['bytes as an array', 'ValueError: cropper: the data of picture 0 must be a Uint8Array; got Array'],
    ['a picture that is null', 'ValueError: cropper: picture 0 must be an object; got null'],
    [
      'more than the device binds',
      'LimitError: cropper: picture 0 of 31 x 17 is more than the device binds at once; got 2108 of 1000 bytes; scale it down while decoding',
    ],
    [
      'more than it binds with its partner',
      'LimitError: cropper: picture 0 of 31 x 17, with picture 3, is more than the device binds at once; got 4216 of 2200 bytes; scale it down while decoding',
    ],
    [
      'another size',
      'ShapeError: classifier.run: the cropper makes images of f32 [N, 3, 7, 7]; got f32 [4, 3, 6, 6]',
    ],
    ["another engine's", `ValueError: images: the source is another engine's; make it on this one`],
    ['three for four', 'ShapeError: images: needs 4 images; got 3'],
    ['wrong attributes', 'ValueError: cropper: size must be a whole number from 1 to 2047; got 0'],
    ['no engine', 'ValueError: cropper: the engine lacks device; got []'],
    ['new', 'ValueError: Cropper: cannot be made with new; await Cropper.create'],
    ['images after destroy', 'ValueError: cropper: was destroyed; make a new one'],
    ['a source after destroy', 'ValueError: cropper: was destroyed; make a new one'],
  ])('%s', (what, message) => expect(messages[what]).toBe(message));
});
