import { describe, expect, it } from 'vitest';
import { AbortError } from '../../src/core/errors';
import { philox } from '../../src/core/random';
import { loadAhead, type AheadOptions } from '../../src/data/ahead';
import { PictureCache } from '../../src/data/cache';
import type { DecodedPicture } from '../../src/data/picture';

/** A picture of so many pixels. */
const pictureOf = (pixels: number): DecodedPicture => ({
  width: pixels,
  height: 1,
  data: new Uint8Array(pixels * 4),
});

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** A decoder that takes a while, and keeps count of what is under way. */
function fakeDecoder(milliseconds = (index: number): number => philox([index, 0, 0, 0], [1, 2])[0] % 5) {
  const seen = { underWay: 0, most: 0, started: [] as number[] };
  const decode = async (index: number): Promise<DecodedPicture> => {
    seen.started.push(index);
    seen.most = Math.max(seen.most, ++seen.underWay);
    await sleep(milliseconds(index));
    seen.underWay--;
    return pictureOf(index + 1);
  };
  return { seen, decode };
}

const range = (count: number): number[] => [...Array(count).keys()];

describe('loadAhead', () => {
  it.each([
    { ahead: 1, concurrency: 1 },
    { ahead: 8, concurrency: 3 },
    { ahead: 3, concurrency: 8 },
  ])('keeps the order, with %j', async (options) => {
    const { seen, decode } = fakeDecoder();
    const ahead = loadAhead(range(60), decode, options);
    const found: number[] = [];
    for await (const { index, picture } of ahead) {
      expect(picture.width).toBe(index + 1);
      found.push(index);
      // The one just given, and those that follow it.
      expect(seen.started.length).toBeLessThanOrEqual(found.length + options.ahead);
    }
    expect(found).toEqual(range(60));
    expect(seen.most).toBe(Math.min(options.ahead, options.concurrency));
    expect(ahead.counters).toMatchObject({ decoded: 60, cacheHits: 0 });
  });

  it('decodes while the consumer works, and counts the seconds that it waits', async () => {
    const slow = loadAhead(range(3), fakeDecoder(() => 40).decode, { ahead: 1 });
    for await (const each of slow) expect(each.index).toBeLessThan(3);
    expect(slow.counters.waited).toBeGreaterThan(0.1);
    const { seen, decode } = fakeDecoder(() => 0);
    const quick = loadAhead(range(20), decode, { ahead: 4 });
    expect((await quick.next()).value?.index).toBe(0);
    await sleep(50);
    expect([seen.started.length, seen.underWay, quick.counters.decoded]).toEqual([5, 0, 5]);
  });

  it('asks for indices as it needs them', async () => {
    let asked = 0;
    let closed = false;
    function* forever(): Generator<number> {
      try {
        for (;;) yield asked++;
      } finally {
        closed = true;
      }
    }
    for await (const { index } of loadAhead(forever(), fakeDecoder().decode, { ahead: 5 })) {
      if (index === 9) break;
    }
    expect(asked).toBe(15);
    expect(closed).toBe(true);
  });

  it('gives an error in its place, and then begins nothing more', async () => {
    const { seen, decode } = fakeDecoder();
    const failing = async (index: number): Promise<DecodedPicture> => {
      if (index === 7) throw new Error('7.jpg: cannot be decoded');
      return decode(index);
    };
    const ahead = loadAhead(range(100), failing, { ahead: 10, concurrency: 2 });
    const found: number[] = [];
    const gone = async (): Promise<void> => {
      for await (const { index } of ahead) found.push(index);
    };
    await expect(gone()).rejects.toThrow('7.jpg: cannot be decoded');
    expect(found).toEqual(range(7));
    const started = seen.started.length;
    await sleep(30);
    expect(seen.started.length).toBe(started);
    expect(await ahead.next()).toEqual({ done: true, value: undefined });
  });

  it('ends at once when it is stopped, and tells decoders', async () => {
    const stop = new AbortController();
    const told: number[] = [];
    const decode = (index: number, signal: AbortSignal): Promise<DecodedPicture> =>
      new Promise((resolve, reject) => {
        if (index < 2) resolve(pictureOf(1));
        signal.addEventListener('abort', () => {
          told.push(index);
          reject(new Error('stopped'));
        });
      });
    const ahead = loadAhead(range(9), decode, { ahead: 6, concurrency: 3, signal: stop.signal });
    const found: number[] = [];
    const gone = async (): Promise<void> => {
      for await (const { index } of ahead) {
        found.push(index);
        if (index === 1) setTimeout(() => stop.abort(), 10);
      }
    };
    await expect(gone()).rejects.toBeInstanceOf(AbortError);
    expect(found).toEqual([0, 1]);
    expect(told.filter((index) => index > 1)).toEqual([2, 3, 4]);
    const late = loadAhead([0], decode, { signal: stop.signal });
    await expect(late.next()).rejects.toThrow('loadAhead: stopped by the caller');
  });

  it('asks the cache first', async () => {
    const cache = new PictureCache(1000);
    const { seen, decode } = fakeDecoder();
    const first = loadAhead(range(5), decode, { cache });
    for await (const each of first) expect(each.picture.width).toBe(each.index + 1);
    const second = loadAhead([4, 3, 9, 4], decode, { cache });
    for await (const each of second) expect(each.picture.width).toBe(each.index + 1);
    expect(second.counters).toMatchObject({ decoded: 1, cacheHits: 3 });
    expect(seen.started).toEqual([0, 1, 2, 3, 4, 9]);
  });

  it('refuses wrong options', () => {
    const { decode } = fakeDecoder();
    const wrong = (options: AheadOptions) => () => loadAhead([], decode, options);
    expect(wrong({ ahead: 0 })).toThrow(/^loadAhead: ahead must be a whole number from 1 to 65536; got 0/);
    expect(wrong({ aheads: 1 } as object)).toThrow(/did you mean ahead/);
    expect(wrong({ cache: new Map() as never })).not.toThrow();
    expect(() => loadAhead(3 as never, decode)).toThrow(/indices must be an object/);
    expect(() => loadAhead([], 3 as never)).toThrow(/decode must be a function; got 3/);
  });
});

describe('PictureCache', () => {
  it('lets go of what was not asked for the longest', () => {
    const cache = new PictureCache(100);
    for (const index of range(5)) cache.set(index, pictureOf(5));
    expect([cache.bytes, cache.count]).toEqual([100, 5]);
    expect(cache.get(0)?.width).toBe(5);
    cache.set(5, pictureOf(5));
    expect([0, 1, 2, 5].map((index) => cache.get(index) !== undefined)).toEqual([true, false, true, true]);
    cache.set(6, pictureOf(20));
    expect([cache.bytes, cache.count]).toEqual([100, 2]);
  });

  it('never keeps more than its limit', () => {
    const cache = new PictureCache(1000);
    for (let step = 0; step < 500; step++) {
      const [index, pixels] = philox([step, 0, 0, 0], [3, 4]);
      cache.set(index % 40, pictureOf(1 + (pixels % 300)));
      expect(cache.bytes).toBeLessThanOrEqual(1000);
    }
    const kept = range(40).flatMap((index) => cache.get(index) ?? []);
    expect(kept.reduce((sum, { data }) => sum + data.length, 0)).toBe(cache.bytes);
    expect(kept.length).toBe(cache.count);
    cache.clear();
    expect([cache.bytes, cache.count]).toEqual([0, 0]);
  });

  it('does not keep what is too large, but forgets what stood there', () => {
    const cache = new PictureCache(100);
    cache.set(1, pictureOf(10));
    cache.set(2, pictureOf(10));
    cache.set(1, pictureOf(26));
    expect([cache.get(1), cache.get(2)?.width, cache.bytes]).toEqual([undefined, 10, 40]);
    expect(() => new PictureCache(-1)).toThrow(/PictureCache: limit must be a whole number from 0; got -1/);
  });
});
