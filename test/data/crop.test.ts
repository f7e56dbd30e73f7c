// The kernel beside its twin on the CPU, beside `pixels`, and with tables that make no sense.
import { describe, expect, it } from 'vitest';
import { philox } from '../../src/core/random';
import { augment, centreCrop, cropOnCpu, cropTable, type CropNumbers } from '../../src/data';
import type { CropAttrs } from '../../src/ops/crop_attributes';
import { CROP_COLUMNS, INTERPOLATIONS } from '../../src/ops/crop_table';
import { call } from '../support/call';
import { distance } from '../support/compare';
import type { cropped, unpacked } from '../support/jobs/crop';

const NORMALISE = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

const randomWords = (count: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: count }, (_, index) => philox([index, 0, 0, 0], [5, 5])[0]);
const bytesOf = (words: Uint32Array<ArrayBuffer>) => new Uint8Array(words.slice().buffer);

const [WIDTH, HEIGHT] = [61, 47];
const PICTURE = { width: WIDTH, height: HEIGHT };
const WORDS = randomWords(WIDTH * HEIGHT);

const run = (words: Uint32Array, table: Float32Array, attrs: CropAttrs) =>
  call<typeof cropped>('cropped', { words: Array.from(words), table: Array.from(table), attrs });

/** What the kernel and its twin make of the same picture. */
async function both(rows: readonly CropNumbers[], size: number) {
  const attrs = { size, ...NORMALISE };
  const words = new Uint32Array(rows.length * WORDS.length);
  rows.forEach((_, index) => words.set(WORDS, index * WORDS.length));
  const kernel = await run(words, cropTable(rows), attrs);
  const plane = 3 * size * size;
  const twin = new Float32Array(rows.length * plane);
  rows.forEach((row, index) => twin.set(cropOnCpu(bytesOf(WORDS), row, attrs), index * plane));
  return { kernel, twin };
}

describe('the kernel and cropOnCpu', () => {
  it.each([1, 16, 32, 61, 100])('agree in each bit to %i pixels, nearest', async (size) => {
    const [whole, part, fine] = [
      { left: 0, top: 0, ...PICTURE },
      { left: 7, top: 3, width: 31, height: 40 },
      { left: 0.328125, top: 5.5, width: 60.671875, height: 33.140625 },
    ];
    const rows = [whole, part, fine].map((rectangle, index) => ({
      ...centreCrop(PICTURE, { interpolation: 'nearest' }),
      rectangle,
      mirror: index === 1,
    }));
    const { kernel, twin } = await both(rows, size);
    expect(kernel).toEqual(Array.from(twin));
  });

  it('agree within roundings on what is drawn', async () => {
    const recipe = { hue: 0.1 };
    const drawn = Array.from({ length: 24 }, (_, index) =>
      augment(PICTURE, { seed: 1, epoch: 0, index, recipe }),
    );
    expect(new Set(drawn.map(({ interpolation }) => interpolation)).size).toBe(4);
    const { kernel, twin } = await both(drawn, 29);
    expect(distance(kernel, twin).relative).toBeLessThan(2e-6);
  });
});

describe('what is mixed', () => {
  const drawn = (index: number) => augment(PICTURE, { seed: 2, epoch: 0, index });
  const [first, second] = [drawn(0), drawn(1)] as const;

  it.each([0.25, 0.5, 0])('is so much of each, %d of its own', async (share) => {
    const mixed = [{ ...first, mix: { partner: 1, share } }, second];
    const { kernel, twin } = await both([first, second], 20);
    const words = new Uint32Array([...WORDS, ...WORDS]);
    const found = await run(words, cropTable(mixed), { size: 20, ...NORMALISE });
    const half = found.length / 2;
    const expected = twin.slice(0, half).map((value, at) => share * value + (1 - share) * twin[half + at]!);
    expect(distance(found.slice(0, half), expected).relative).toBeLessThan(2e-6);
    expect(found.slice(half)).toEqual(kernel.slice(half));
  });

  it('has the bits of its own where that is all', async () => {
    const { kernel } = await both([first, second], 20);
    const alone = [{ ...first, mix: { partner: 1, share: 1 } }, second];
    const words = new Uint32Array([...WORDS, ...WORDS]);
    expect(await run(words, cropTable(alone), { size: 20, ...NORMALISE })).toEqual(kernel);
  });
});

it('a whole picture, as large as it is, has the bits that pixels gives it, whichever way it is sampled', async () => {
  const attrs = { size: 23, ...NORMALISE };
  const words = randomWords(23 * 23);
  const expected = await call<typeof unpacked>('unpacked', { words: Array.from(words), attrs });
  for (const interpolation of ['nearest', 'bilinear', 'bicubic'] as const) {
    const table = cropTable([centreCrop({ width: 23, height: 23 }, { share: 1, interpolation })]);
    expect(await run(words, table, attrs), interpolation).toEqual(expected);
  }
});

describe('a table that makes no sense', () => {
  const right = cropTable([centreCrop({ width: 6, height: 5 })]);
  // 9 x 5 pixels are more than the slot has.
  const NONSENSE = [NaN, Infinity, -Infinity, -1, 0, 1e9, 16384, 9, 3.7];
  const rows = NONSENSE.flatMap((value) =>
    Array.from({ length: 6 }, (_, column) => Array.from(right).with(column, value)),
  );
  const all = NONSENSE.map((value) => Array.from(right).map((kept, column) => (column < 6 ? value : kept)));

  it.each([...INTERPOLATIONS.entries()])('reads no other slot (%i, %s)', async (number) => {
    const given = [...rows, ...all].map((row) => row.with(7, number));
    // Every second slot is white, and has a row of its own: what is black stays black only if nobody reads its neighbour.
    const table = Float32Array.from(given.flatMap((row) => [...row, ...right]));
    const words = new Uint32Array((30 * table.length) / CROP_COLUMNS);
    for (let slot = 30; slot < words.length; slot += 60) words.fill(0xffffffff, slot, slot + 30);
    const y = await run(words, table, { size: 3 });
    const sums = given.map((_, row) => y.slice(row * 54, row * 54 + 27).reduce((a, b) => a + b, 0));
    expect(sums).toEqual(given.map(() => 0));
    expect(y.slice(27, 54).every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
  });
});
