// Inputs from the caller's buffers, outputs left on the GPU, and several engines in a page.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { badBuffers, outputsOnGpu, imagesOfBuffer, twoEngines } from '../support/jobs/gpu_data';
import type { Received } from '../support/wire';

describe('images in a buffer', () => {
  let report: Received<Awaited<ReturnType<typeof imagesOfBuffer>>>;
  beforeAll(async () => void (report = await call<typeof imagesOfBuffer>('imagesOfBuffer', null)));

  it('are what an array holds, in whole batches and the last, partial one', () => {
    expect(report.input).toEqual(report.four);
    expect(report.classified).toHaveLength(6 * 3);
    expect(report.classified).toEqual(report.uploaded);
  });
  it('train alike, in parts too', () => {
    const [plain, parts] = [report.losses.slice(0, 2), report.losses.slice(2, 4)];
    expect(report.losses.slice(4)).toEqual([...plain, ...parts]);
    expect(plain[0]).not.toBe(plain[1]);
  });
  it('cross to the GPU as a few numbers of the step, and leave nothing there', () => {
    // Two batches: a uniform of 28 bytes and the step's.
    expect(report.written).toBeLessThan(2 * 100);
    expect(report.left).toBe(0);
  });
  it('go to flattened planes, and to rows without any', () => {
    expect(report.flat.y).toEqual(Array.from({ length: 24 }, (_, index) => index));
    expect(report.flat.z).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(report.flat.stride).toBe(3);
  });
});

describe('outputs on the GPU', () => {
  let report: Received<Awaited<ReturnType<typeof outputsOnGpu>>>;
  beforeAll(async () => void (report = await call<typeof outputsOnGpu>('outputsOnGpu', null)));

  it.each(['images', 'pool1', 'flat'])("are read by a caller's pass where `range` says: %s", (name) => {
    const { passes, read } = report;
    expect(Math.max(...(read[name] ?? []))).toBeGreaterThan(0.1);
    expect(passes[name]).toEqual(read[name]?.map((number) => Math.fround(2 * number)));
  });
  it.each(['images', 'pool1', 'flat', 'fc'])("are copied into a caller's buffer: %s", (name) => {
    expect(report.copies[name]).toEqual(report.read[name]);
  });
  it('say what they are', () => {
    expect(report.range).toMatchObject({ shape: [4, 8, 3, 3], dtype: 'f32', stride: 8 });
    expect(report.range.offset + report.range.size).toBeLessThanOrEqual(report.size);
  });
  it.each([
    ['copy into too few bytes', 'ShapeError: copyToBuffer: the buffer needs 48 bytes; got 8 from 0 on'],
    ['copy a weight', 'ValueError: copyToBuffer: fc.weight lies as weights of a linear layer; read it'],
    ['copy what is not kept', "ValueError: conv1: is not kept after a run; pass it in 'keep'"],
    [
      'copy what nobody knows',
      'ValueError: graph: has no value of this name; got pool2; similar: pool1, pool1.argmax',
    ],
    ['range of what is not kept', "ValueError: conv1: is not kept after a run; pass it in 'keep'"],
  ])('refuse to %s', (what, message) => expect(report.messages[what]).toBe(message));
});

describe('buffers that will not do', () => {
  let report: Received<Awaited<ReturnType<typeof badBuffers>>>;
  beforeAll(async () => void (report = await call<typeof badBuffers>('badBuffers', null)));

  const REFUSED = /^ValueError: fromBuffer: the device refuses it; got .*; give what is/s;
  it.each<[string, string | RegExp]>([
    ['no storage', 'ValueError: fromBuffer: the buffer must have the usage STORAGE; got 4'],
    ['an odd offset', 'ValueError: fromBuffer: offset and size must be multiples of 4 bytes; got 2 and 1726'],
    ['a negative offset', 'ValueError: fromBuffer: offset must be a whole number from 0; got -4'],
    [
      'beyond the end',
      'ValueError: fromBuffer: the bytes must lie inside of the buffer; got 8 from 1724 on, of 1728',
    ],
    ['an array', 'ValueError: fromBuffer: buffer lacks usage; got '],
    ['an option', 'ValueError: fromBuffer: has no such option; got ofset; did you mean offset?'],
    [
      'half an image',
      'ShapeError: classifier.run: needs 432 bytes for each image of [3, 6, 6]; got 428 bytes; give the size of what is meant',
    ],
    ['an image too few, step', 'ShapeError: trainer.step: needs 4 images; got 3'],
    ['an image too few, write', 'ShapeError: images: needs 4 images; got 3'],
    ["another engine's source", "ValueError: images: the source is another engine's; make it on this one"],
    [
      'labels',
      'ValueError: labels: must be given as an array, since main.loss wants its numbers checked; got a source on the GPU',
    ],
    ['no such input', 'ValueError: program.write: no such input; got photos; inputs: images'],
    ['destroyed, classify', REFUSED],
    ['of another device, classify', REFUSED],
    ['destroyed, step', REFUSED],
    ['the step after', REFUSED],
    ['a checkpoint after', REFUSED],
  ])('%s', (what, message) => {
    if (typeof message === 'string') expect(report.messages[what]).toContain(message);
    else expect(report.messages[what]).toMatch(message);
  });
  it('change no weight, and all goes on', () => {
    expect(report.unchanged).toBe(true);
    expect(report.works).toBe(12);
  });
});

it('two engines train side by side, and the errors of the caller stay with the caller', async () => {
  const { alone, beside, told, lost } = await call<typeof twoEngines>('twoEngines', null);
  expect(alone.map((losses) => losses.length)).toEqual([3, 3]);
  expect(beside).toEqual(alone);
  expect(told).toBe(6);
  expect(lost).toBe(false);
});
