// Batches of somebody's own pictures: which come, in which order, how they are varied, and what takes the place of bad ones.
import { afterAll, describe, expect, it, vi } from 'vitest';
import { PictureData, type LoadPicture, type NumberedPictures } from '../../src/app/picture_data';
import { FormatError } from '../../src/core/errors';
import type { CropNumbers } from '../../src/data/crop_numbers';
import type { DecodedPicture } from '../../src/data/picture';
import { Cropper } from '../../src/train/cropper';
import type { Batch } from '../../src/train/fit';
import type { RunSettings } from '../../src/train/presets';
import { fakeEngine } from '../support/fake_engine';

const COUNT = 14;
const CLASSES = ['a', 'b'];
// Those of a class are not beside each other.
const SET: NumberedPictures = {
  classes: CLASSES,
  labels: Array.from({ length: COUNT }, (_, index) => index % 2),
  train: [0, 1, 2, 3, 4, 5, 6, 8, 9, 11],
  heldOut: [7, 10, 12, 13],
};
const EACH = SET.train.length;
const SETTINGS = { size: 8, seed: 3, batch: 3, augment: 'paper' } as RunSettings;
const HUGE = 1e9;

/** Known by its width. */
const pictureOf = (index: number): DecodedPicture => ({
  width: 20 + index,
  height: 20,
  data: new Uint8Array(80 * (20 + index)).fill(255),
});
const indexOf = ({ width }: { width: number }): number => width - 20;

/** A loader that cannot decode some. */
const loading = (bad: readonly number[] = [], asked: number[] = []): LoadPicture => (index) => {
  asked.push(index);
  return bad.includes(index)
    ? Promise.reject(new FormatError(`picture ${index}`, 'cannot be decoded', 'a text file', 'leave it out'))
    : Promise.resolve(pictureOf(index));
}; // prettier-ignore

interface Seen {
  readonly index: number;
  readonly label: number;
  readonly crop: CropNumbers;
}

// What the GPU would be given.
const images = vi
  .spyOn(Cropper.prototype, 'images')
  .mockImplementation((pictures, crops) => ({ pictures, crops }) as never);
afterAll(() => images.mockRestore());
type Given = { readonly pictures: readonly DecodedPicture[]; readonly crops: readonly CropNumbers[] };

/** So many pictures, after so many batches. */
async function seen(data: PictureData, count: number, done = 0, settings = SETTINGS): Promise<Seen[]> {
  const feed = await data.feed(fakeEngine().engine, settings);
  const found: Seen[] = [];
  for await (const { images: given, labels } of feed.batches(done) as AsyncIterable<Batch>) {
    const { pictures, crops } = given as unknown as Given;
    expect(pictures).toHaveLength(settings.batch);
    pictures.forEach((picture, at) =>
      found.push({ index: indexOf(picture), label: labels[at] as number, crop: crops[at] as CropNumbers }),
    );
    if (found.length >= count) break;
  }
  feed.destroy();
  return found.slice(0, count);
}

const ascending = (all: readonly Seen[]): number[] => all.map(({ index }) => index).sort((a, b) => a - b);

describe('batches of pictures', () => {
  const data = (bad?: readonly number[]) => new PictureData(SET, loading(bad), HUGE);

  it('bring each picture once in each epoch, in another order in each', async () => {
    const all = await seen(data(), 3 * EACH);
    const epochs = [0, 1, 2].map((epoch) => all.slice(epoch * EACH, (epoch + 1) * EACH));
    for (const epoch of epochs) expect(ascending(epoch)).toEqual(SET.train);
    expect(new Set(epochs.map((epoch) => epoch.map(({ index }) => index).join())).size).toBe(3);
    for (const { index, label } of all) expect(label).toBe(SET.labels[index]);
    const other = await seen(data(), EACH, 0, { ...SETTINGS, seed: 4 });
    expect(other).not.toEqual(epochs[0]);
  });

  it('vary a picture anew in each epoch, as the settings say', async () => {
    const all = await seen(data(), 2 * EACH);
    const [first, second] = [all.slice(0, EACH), all.slice(EACH)];
    for (const { index, crop } of first)
      expect(second.find((other) => other.index === index)?.crop).not.toEqual(crop);
    const plain = await seen(data(), EACH, 0, { ...SETTINGS, augment: 'none' });
    for (const { crop } of plain) expect(crop).toMatchObject({ mirror: false, rectangle: { height: 17.5 } });
    const mirrored = await seen(data(), 2 * EACH, 0, { ...SETTINGS, augment: 'mirror' });
    expect(new Set(mirrored.map(({ crop }) => crop.mirror)).size).toBe(2);
  });

  // Batches of 3 out of 10 pictures: in the middle of an epoch, across its end, and at one.
  it.each([1, 3, 4, 10, 11])(
    'are the same after %i batches as of a run that was not interrupted',
    async (done) => {
      for (const bad of [[], [2, 5]]) {
        const whole = await seen(data(bad), 5 * EACH);
        const rest = await seen(data(bad), 12, done);
        expect(rest).toEqual(whole.slice(3 * done, 3 * done + 12));
      }
    },
  );

  it('are mixed as the settings say, and are the same after an interruption', async () => {
    const settings = { ...SETTINGS, mixUp: 0.4 };
    const feed = async (done: number) => (await data().feed(fakeEngine().engine, settings)).batches(done);
    const first = async (done: number): Promise<Batch> => {
      for await (const batch of await feed(done)) return batch;
      throw new Error('no batch');
    };
    const given = await first(4);
    expect(given).toEqual(await first(4));
    const { crops, pictures } = given.images as unknown as Given;
    expect(crops.map(({ mix }) => mix?.partner)).toEqual([2, 1, 0]);
    const targets = given.labels as Float32Array;
    pictures.forEach((picture, row) => {
      const [label, other] = [picture, pictures[2 - row]!].map((each) => SET.labels[indexOf(each)]!);
      const share = label === other ? 1 : crops[row]!.mix!.share;
      expect(targets[2 * row + label!]).toBeCloseTo(share, 6);
      expect(targets[2 * row]! + targets[2 * row + 1]!).toBeCloseTo(1, 6);
    });
  });

  it('are larger than all pictures together, where somebody wants it so', async () => {
    const all = await seen(data(), 32, 0, { ...SETTINGS, batch: 16 });
    expect(ascending(all.slice(0, EACH))).toEqual(SET.train);
    expect(ascending(all.slice(EACH, 2 * EACH))).toEqual(SET.train);
  });
});

/** In which order held-out pictures judge. */
async function judgedOrder(): Promise<number[]> {
  const data = new PictureData(SET, loading([]), HUGE);
  const { images } = await (await data.feed(fakeEngine().engine, SETTINGS)).judged(0, 4);
  return (images as unknown as Given).pictures.map(indexOf);
}

describe('a picture that cannot be decoded', () => {
  it('is named once, and the next of its class takes its place', async () => {
    const told: unknown[][] = [];
    const data = new PictureData(SET, loading([2, 4, 11]), 0, (...args) => told.push(args));
    const all = await seen(data, 3 * EACH);
    // 2 and 4 by 6, and 11, the last of its class, by the first.
    expect(ascending(all.slice(0, EACH))).toEqual([0, 1, 1, 3, 5, 6, 6, 6, 8, 9]);
    for (const { index, label } of all) expect(label).toBe(SET.labels[index]);
    expect(told.toSorted()).toEqual([
      [11, 'cannot be decoded; got a text file', true],
      [2, 'cannot be decoded; got a text file', true],
      [4, 'cannot be decoded; got a text file', true],
    ]);
  });

  it('is not tried again', async () => {
    const asked: number[] = [];
    await seen(new PictureData(SET, loading([2], asked), 0), 5 * EACH);
    expect(asked.filter((index) => index === 2)).toEqual([2]);
  });

  it('ends the run where no other of its class is left', async () => {
    const told: number[] = [];
    const bad = SET.train.filter((index) => SET.labels[index] === 1);
    const data = new PictureData(SET, loading(bad), HUGE, (index) => told.push(index));
    await expect(seen(data, EACH)).rejects.toThrow(
      'pictures: none of the class b can be decoded any more; got cannot be decoded: a text file; put them back',
    );
    expect(told.toSorted((a, b) => a - b)).toEqual(bad);
  });

  it('judges nothing, and leaves its place empty where it would be shown', async () => {
    const told: unknown[][] = [];
    const data = new PictureData(SET, loading([10, 12, 13]), HUGE, (...args) => told.push(args));
    const feed = await data.feed(fakeEngine().engine, SETTINGS);
    const order = await judgedOrder();
    expect(order.toSorted((a, b) => a - b)).toEqual(SET.heldOut);
    expect(data.judged()).toEqual(order.map((index) => SET.labels[index]));
    const place = order.indexOf(7);
    const whole = await feed.judged(place, 1);
    expect(whole.at).toEqual([place]);
    expect((whole.images as unknown as Given).pictures.map(indexOf)).toEqual([7]);
    const others = [await feed.judged(0, place), await feed.judged(place + 1, 3 - place)];
    expect(others).toEqual([
      { images: undefined, at: [] },
      { images: undefined, at: [] },
    ]);
    expect((await feed.judged(0, 4)).at).toEqual([place]);
    expect(new Set(told.map(([index]) => index))).toEqual(new Set([10, 12, 13]));
    expect(told.map(([, , instead]) => instead)).toEqual([false, false, false]);
    expect(new Set((await data.thumbnail(SETTINGS, place)).data)).toEqual(new Set([255]));
    expect(new Set((await data.thumbnail(SETTINGS, (place + 1) % 4)).data)).toEqual(new Set([0]));
  });

  it('is one of a few that are named where a folder has gone', async () => {
    const many = Array.from({ length: 40 }, (_, index) => index);
    const set = { classes: CLASSES, labels: many.map((index) => index % 2), train: many, heldOut: [] };
    let told = 0;
    const data = new PictureData(set, loading(many), HUGE, () => told++);
    await expect(seen(data, 3)).rejects.toThrow('can be decoded any more');
    expect(told).toBe(10);
  });
});

describe('what pictures cost', () => {
  it('is counted over all batches, also of a run that goes on', async () => {
    const slow: LoadPicture = async (index) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return pictureOf(index);
    };
    const data = new PictureData(SET, slow, HUGE);
    expect(data.feeding).toEqual({ waited: 0, decoded: 0, cached: 0 });
    await seen(data, 3 * EACH);
    const { waited, decoded, cached } = data.feeding;
    expect(waited).toBeGreaterThan(0.004);
    // What is under way when the loop is left may be decoded, or not.
    expect(decoded).toBeGreaterThanOrEqual(EACH);
    expect(cached).toBeGreaterThanOrEqual(EACH);
    await seen(data, EACH, 1);
    expect(data.feeding.waited).toBeGreaterThanOrEqual(waited);
    expect(data.feeding.decoded).toBe(decoded);
    expect(data.feeding.cached).toBeGreaterThanOrEqual(cached + EACH);
  });
});
