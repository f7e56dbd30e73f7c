// Random numbers for pictures: what they depend on, how they are spread, what is refused. No GPU.
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/core/errors';
import {
  augment,
  centreCrop,
  colourMatrix,
  cropOnCpu,
  cropTable,
  evaluationCrops,
  type CropNumbers,
  type Recipe,
} from '../../src/data';
import { useWrongly } from '../support/wrong_use';

const PHOTO = { width: 500, height: 375 };
const DRAWS = 10_000;

const drawn = (recipe: Recipe = {}, picture = PHOTO, count = DRAWS): CropNumbers[] =>
  Array.from({ length: count }, (_, index) => augment(picture, { seed: 3, epoch: 1, index, recipe }));
const share = (all: readonly CropNumbers[], is: (each: CropNumbers) => boolean): number =>
  all.filter(is).length / all.length;
const ends = (numbers: readonly number[]): readonly [least: number, most: number] => [
  numbers.reduce((a, b) => Math.min(a, b)),
  numbers.reduce((a, b) => Math.max(a, b)),
];

describe('numbers that are drawn', () => {
  const one = (index: number, seed = 3, epoch = 1) => augment(PHOTO, { seed, epoch, index });

  it('are the same in any order, and others for another seed, epoch or picture', () => {
    const order = [7, 2, 9, 2, 0];
    const all = drawn({}, PHOTO, 10);
    expect(order.map((index) => one(index))).toEqual(order.map((index) => all[index]));
    const others = [one(7), one(8), one(7, 4), one(7, 3, 2), one(2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1)];
    expect(new Set(others.map((each) => JSON.stringify(each))).size).toBe(others.length);
  });

  it('stay the same from version to version', () => {
    const { colours, ...others } = one(7);
    expect(others).toMatchInlineSnapshot(`
      {
        "interpolation": "nearest",
        "mirror": false,
        "picture": {
          "height": 375,
          "width": 500,
        },
        "rectangle": {
          "height": 364,
          "left": 10,
          "top": 8,
          "width": 472,
        },
      }
    `);
    expect(colours.map((value) => value.toFixed(6)).join(' ')).toMatchInlineSnapshot(
      `"0.440913 0.140811 0.027347 0.059217 0.071725 0.509999 0.027347 0.059217 0.071725 0.140811 0.396535 0.059217"`,
    );
  });

  it('are alike where something else is turned off', () => {
    const all = drawn({}, PHOTO, 50);
    const plain = drawn({ brightness: 0, contrast: 0, saturation: 0, mirror: false }, PHOTO, 50);
    expect(plain.map(({ rectangle }) => rectangle)).toEqual(all.map(({ rectangle }) => rectangle));
    expect(plain.map(({ interpolation }) => interpolation)).toEqual(all.map((each) => each.interpolation));
    expect(plain.every(({ colours }) => String(colours) === String(colourMatrix()))).toBe(true);
    expect(plain.some(({ mirror }) => mirror)).toBe(false);
    const square = drawn({ area: false }, PHOTO, 50);
    expect(square.map(({ colours }) => colours)).toEqual(all.map(({ colours }) => colours));
  });
});

describe(`of ${DRAWS} pictures`, () => {
  const all = drawn();
  const rectangles = all.map(({ rectangle }) => rectangle);

  it('rectangles are of whole pixels, and inside', () => {
    const bad = rectangles.filter(
      ({ left, top, width, height }) =>
        ![left, top, width, height].every(Number.isInteger) ||
        Math.min(left, top) < 0 ||
        left + width > PHOTO.width ||
        top + height > PHOTO.height,
    );
    expect(bad).toEqual([]);
    expect(ends(rectangles.map(({ left }) => left))[0]).toBe(0);
    expect(ends(rectangles.map(({ left, width }) => left + width))[1]).toBe(PHOTO.width);
  });

  it('have areas from 0.08 to 1 and aspects from 3/4 to 4/3, within half a pixel a side', () => {
    const [least, most] = ends(rectangles.map(({ width, height }) => (width * height) / (500 * 375)));
    expect(least).toBeGreaterThan(0.0785);
    expect(least).toBeLessThan(0.085);
    expect(most).toBeGreaterThan(0.98);
    const [narrow, wide] = ends(rectangles.map(({ width, height }) => width / height));
    expect(narrow).toBeGreaterThan(0.74);
    expect(narrow).toBeLessThan(0.755);
    expect(wide).toBeGreaterThan(1.325);
    expect(wide).toBeLessThan(1.35);
    // The logarithm is uniform: small rectangles, which always fit, are as often wide as high.
    const small = drawn({ area: [0.1, 0.2] });
    expect(Math.abs(share(small, ({ rectangle: { width, height } }) => width > height) - 0.5)).toBeLessThan(
      0.03,
    );
  });

  it('have a uniform area where every one fits', () => {
    const some = drawn({ area: [0.1, 0.5] });
    for (const bound of [0.2, 0.3, 0.4]) {
      const below = share(some, ({ rectangle }) => rectangle.width * rectangle.height < bound * 500 * 375);
      expect(Math.abs(below - (bound - 0.1) / 0.4)).toBeLessThan(0.02);
    }
  });

  it('half are mirrored, and a quarter each is sampled one way', () => {
    expect(Math.abs(share(all, ({ mirror }) => mirror) - 0.5)).toBeLessThan(0.02);
    for (const way of ['nearest', 'bilinear', 'area', 'bicubic'])
      expect(Math.abs(share(all, ({ interpolation }) => interpolation === way) - 0.25)).toBeLessThan(0.02);
    const both = share(all, ({ mirror, interpolation }) => mirror && interpolation === 'area');
    expect(Math.abs(both - 0.125)).toBeLessThan(0.015);
  });

  it.each([
    ['brightness', ([first]: readonly number[]) => first],
    ['contrast', ([first]: readonly number[]) => first],
    ['saturation', ([, second]: readonly number[]) => 1 - second! / 0.587],
  ] as const)('the factor of %s is uniform from 0.75 to 1.25', (name, factor) => {
    const off = { brightness: 0, contrast: 0, saturation: 0 };
    const factors = drawn({ ...off, [name]: 0.25 }).map(({ colours }) => factor(colours)!);
    const [least, most] = ends(factors);
    expect([least > 0.749, least < 0.76, most > 1.24, most < 1.251]).toEqual([true, true, true, true]);
    expect(Math.abs(factors.filter((each) => each < 1).length / DRAWS - 0.5)).toBeLessThan(0.02);
  });

  it('hues move either way, as far as is allowed', () => {
    const recipe = { brightness: 0, contrast: 0, saturation: 0, hue: 0.1 };
    const green = drawn(recipe).map(({ colours }) => colours[4]!);
    const bound = [-0.1, 0.1].map((hue) => colourMatrix({ hue })[4]!);
    const [least, most] = ends(green);
    expect(least).toBeGreaterThanOrEqual(bound[0]!);
    expect(most).toBeLessThanOrEqual(bound[1]!);
    expect(most - least).toBeGreaterThan(0.95 * (bound[1]! - bound[0]!));
  });
});

describe('rectangles of odd pictures', () => {
  const of = (width: number, height: number, recipe: Recipe = {}) =>
    drawn(recipe, { width, height }, 200).map(({ rectangle }) => rectangle);

  it('take the centre where none fits', () => {
    expect(new Set(of(1000, 10).map((each) => JSON.stringify(each)))).toContain(
      JSON.stringify({ left: 493, top: 0, width: 13, height: 10 }),
    );
    expect(of(10, 1000, { area: [1, 1] })[0]).toEqual({ left: 0, top: 493, width: 10, height: 13 });
  });
  it('lie inside of the smallest and the longest', () => {
    expect(of(1, 1)).toEqual(Array(200).fill({ left: 0, top: 0, width: 1, height: 1 }));
    for (const { left, width, height } of of(16383, 1)) {
      expect([width >= 1, left + width <= 16383, height]).toEqual([true, true, 1]);
    }
  });
  it('are the largest of their aspect where areas are turned off', () => {
    expect(of(500, 375, { area: false })[0]).toEqual({ left: 0, top: 0, width: 500, height: 375 });
    expect(of(500, 375, { area: false, aspect: false })[0]).toEqual({
      left: 62,
      top: 0,
      width: 375,
      height: 375,
    });
    expect(of(300, 400, { area: [0.5, 0.5], aspect: false })[0]).toMatchObject({ width: 245, height: 245 });
  });
});

describe('centreCrop', () => {
  it('takes 224 of 256 of the shorter side, in the centre', () => {
    expect(centreCrop({ width: 448, height: 597 })).toEqual({
      picture: { width: 448, height: 597 },
      rectangle: { left: 28, top: 102.5, width: 392, height: 392 },
      mirror: false,
      interpolation: 'area',
      colours: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
    });
  });
  it('takes all of it where asked', () => {
    const { rectangle, interpolation } = centreCrop(PHOTO, { share: 1, interpolation: 'bicubic' });
    expect(rectangle).toEqual({ left: 62.5, top: 0, width: 375, height: 375 });
    expect(interpolation).toBe('bicubic');
  });
});

describe('evaluationCrops', () => {
  const places = (count: 10 | 144, picture = PHOTO): string[] =>
    evaluationCrops(picture, count).map(({ rectangle: { left, top, width, height }, mirror }) =>
      [left, top, width, height, mirror].join(),
    );

  it('takes one as centreCrop does', () => {
    expect(evaluationCrops(PHOTO, 1)).toEqual([centreCrop(PHOTO)]);
  });
  it('takes corners and centre of the square in the centre, and their mirror images', () => {
    const square = ['0,0', '32,0', '0,32', '32,32', '16,16'].map((place) => {
      const [left, top] = place.split(',').map(Number) as [number, number];
      return `${left + 100},${top},224,224`;
    });
    const found = places(10, { width: 456, height: 256 });
    expect(found.toSorted()).toEqual(square.flatMap((each) => [`${each},false`, `${each},true`]).toSorted());
  });
  it('takes 144 as the paper: each other than the next, whole squares four times, all of them inside', () => {
    for (const picture of [PHOTO, { width: 375, height: 500 }]) {
      const found = places(144, picture);
      expect(found).toHaveLength(144);
      // Of four scales, three squares and both sides: five parts of each, and the square, the same at each scale.
      expect(new Set(found).size).toBe(4 * 3 * 2 * 5 + 3 * 2);
      expect(cropTable(evaluationCrops(picture, 144))).toHaveLength(144 * 22);
    }
    expect(new Set(places(144, { width: 300, height: 300 })).size).toBe(4 * 2 * 5 + 2);
  });
});

describe('colourMatrix', () => {
  const apply = (matrix: readonly number[], colour: readonly number[]): number[] =>
    [0, 4, 8].map((row) => [...colour, 1].reduce((sum, value, k) => sum + value * matrix[row + k]!, 0));
  const close = (found: readonly number[], expected: readonly number[]) =>
    found.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 10));

  it('changes nothing by itself', () => {
    expect(colourMatrix()).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  });
  it('goes by brightness, contrast, saturation, hue', () => {
    const factors = { brightness: 0.5, contrast: 3, saturation: 0.25, hue: 0.2 };
    const steps = Object.entries(factors).map(([name, value]) => colourMatrix({ [name]: value }));
    const colour = [0.9, 0.2, 0.4];
    close(
      apply(colourMatrix(factors), colour),
      steps.reduce<readonly number[]>((before, matrix) => apply(matrix, before), colour),
    );
    close(apply(colourMatrix({ brightness: 0.5, contrast: 3 }), [1, 1, 1]), [0.5, 0.5, 0.5]);
  });
  it('leaves greys as they are but for brightness and contrast', () => {
    close(apply(colourMatrix({ saturation: 3, hue: 0.3 }), [0.7, 0.7, 0.7]), [0.7, 0.7, 0.7]);
    close(apply(colourMatrix({ contrast: 0 }), [0.1, 0.9, 0.4]), [0.5, 0.5, 0.5]);
    close(apply(colourMatrix({ brightness: 0 }), [0.1, 0.9, 0.4]), [0, 0, 0]);
    const grey = 0.299 * 0.1 + 0.587 * 0.9 + 0.114 * 0.4;
    close(apply(colourMatrix({ saturation: 0 }), [0.1, 0.9, 0.4]), [grey, grey, grey]);
  });
  it('turns hues in the plane of I and Q', () => {
    const toYiq = (matrix: readonly number[]) =>
      [
        [0.299, 0.587, 0.114],
        [0.5959, -0.2746, -0.3213],
        [0.2115, -0.5227, 0.3112],
      ].map((row) => apply(matrix, [0.8, 0.3, 0.2]).reduce((sum, value, k) => sum + value * row[k]!, 0));
    const [y, i, q] = toYiq(colourMatrix()) as [number, number, number];
    const turned = toYiq(colourMatrix({ hue: 0.15 }));
    const [cos, sin] = [Math.cos(0.3 * Math.PI), Math.sin(0.3 * Math.PI)];
    [y, i * cos + q * sin, q * cos - i * sin].forEach((value, index) =>
      expect(turned[index]).toBeCloseTo(value, 3),
    );
    const [red, green, blue] = apply(colourMatrix({ hue: 1 / 3 }), [1, 0, 0]) as [number, number, number];
    expect([green > red, green > blue]).toEqual([true, true]);
    close(colourMatrix({ hue: 1 }), colourMatrix());
  });
});

describe('cropTable', () => {
  const row = centreCrop({ width: 10, height: 8 });
  const changed = (part: object): CropNumbers => ({ ...row, ...part });
  const rectangle = { left: 1, top: 2, width: 3, height: 4 };

  it('has a row for each picture', () => {
    const table = cropTable([row, changed({ rectangle, mirror: true, interpolation: 'bicubic' })], 80);
    expect(Array.from(table.slice(0, 8))).toEqual([10, 8, 1.5, 0.5, 7, 7, 0, 2]);
    expect(Array.from(table.slice(20, 30))).toEqual([0, 1, 10, 8, 1, 2, 3, 4, 1, 3]);
    expect(Array.from(table.slice(30))).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1]);
    const mixed = cropTable([changed({ mix: { partner: 1, share: 0.25 } }), row]);
    expect(Array.from(mixed.slice(20, 22))).toEqual([1, 0.25]);
  });
  it('rounds corners to 1/64 of a pixel', () => {
    const corners = { left: 1 / 3, top: 1.4 / 64, width: 10 - 1 / 3 + 1e-9, height: 1.4 / 64 };
    const [, , left, top, width, height] = cropTable([changed({ rectangle: corners })]);
    expect([left, top, width, height]).toEqual([21 / 64, 1 / 64, 10 - 21 / 64, 2 / 64]);
  });

  const refusals: readonly (readonly [string, object, string])[] = [
    ['a width of 0', { picture: { width: 0, height: 8 } }, 'width of the picture must be a whole number'],
    ['a side too long', { picture: { width: 8, height: 16384 } }, 'from 1 to 16383; got 16384'],
    [
      'a rectangle outside',
      { rectangle: { ...rectangle, left: 8 } },
      'must lie inside of the picture; got {',
    ],
    ['a rectangle too high', { rectangle: { ...rectangle, height: 7 } }, 'in 10 x 8'],
    ['a corner before the picture', { rectangle: { ...rectangle, top: -1 } }, 'top must be a finite float32'],
    ['an empty rectangle', { rectangle: { ...rectangle, width: 0 } }, 'width must be a finite float32'],
    ['next to nothing', { rectangle: { ...rectangle, width: 1e-3 } }, 'at least 1/64 pixel wide and high'],
    ['no number', { rectangle: { ...rectangle, left: NaN } }, 'rectangle: left must be a finite float32'],
    [
      'a way that nobody knows',
      { interpolation: 'cubic' },
      'must be one of nearest, bilinear, area, bicubic',
    ],
    ['a mirror that is no flag', { mirror: 1 }, 'mirror must be one of true, false; got 1'],
    ['too few colours', { colours: [1, 0, 0] }, 'colours must be 12 numbers; got 3'],
    ['colours without end', { colours: [...Array<number>(11).fill(0), Infinity] }, 'each of colours must be'],
    ['a partner that is no row', { mix: { partner: 2, share: 0.5 } }, 'must be a row below 2; got 2'],
    [
      'a share above 1',
      { mix: { partner: 0, share: 1.5 } },
      'share must be a finite float32 number from 0 to 1',
    ],
    ['a mix without a share', { mix: { partner: 0 } }, 'mix: its options lacks share'],
    ['an unknown field', { flip: true }, 'has no such option; got flip; did you mean'],
  ];
  it.each(refusals)('refuses %s', (_what, part, message) => {
    expect(() => cropTable([row, changed(part)])).toThrow(ValueError);
    expect(() => cropTable([row, changed(part)])).toThrow(/^cropTable: row 1: /);
    expect(() => cropTable([row, changed(part)])).toThrow(message);
  });
  it('refuses a picture that does not fit its slot', () => {
    expect(() => cropTable([row], 79)).toThrow(
      'cropTable: row 0: a picture of 10 x 8 does not fit its slot; got 79 words; shrink the picture, or give x larger slots',
    );
  });
});

describe('what makes no sense', () => {
  const wrong: readonly (readonly [string, Recipe | object, string])[] = [
    ['an area of 0', { area: [0, 1] }, 'the first number of area must be a finite float32 number'],
    ['an area above 1', { area: [0.5, 1.5] }, 'the second number of area must be a finite float32 number'],
    ['an area the wrong way round', { area: [0.5, 0.1] }, 'the smaller first, or false; got [0.5,0.1]'],
    ['three areas', { area: [0.1, 0.2, 0.3] }, 'area must be two numbers'],
    ['an aspect below 0', { aspect: [-1, 1] }, 'the first number of aspect'],
    ['one aspect', { aspect: [1] }, 'the second number of aspect must be a finite float32 number'],
    ['another interpolation', { interpolation: 'cubic' }, 'interpolation must be one of any, nearest'],
    ['a mirror by number', { mirror: 0.5 }, 'mirror must be one of true, false; got 0.5'],
    ['brightness above 1', { brightness: 1.5 }, 'brightness must be a finite float32 number from 0 to 1'],
    ['contrast below 0', { contrast: -0.1 }, 'contrast must be a finite float32 number from 0 to 1'],
    ['no saturation', { saturation: NaN }, 'saturation must be a finite float32 number from 0 to 1'],
    ['hue above half a turn', { hue: 0.6 }, 'hue must be a finite float32 number from 0 to 0.5'],
    ['another name', { brightnes: 0.5 }, 'has no such option; got brightnes; did you mean brightness?'],
  ];
  it.each(wrong)('%s is refused', (_what, recipe, message) => {
    const use = () => augment(PHOTO, { seed: 0, epoch: 0, index: 0, recipe });
    expect(use).toThrow(/^augment: recipe: /);
    expect(use).toThrow(message);
  });
  it.each(['seed', 'epoch', 'index'])('a %s that is no word is refused', (name) => {
    const options = { seed: 0, epoch: 0, index: 0 };
    for (const value of [-1, 0.5, 2 ** 32, NaN])
      expect(() => augment(PHOTO, { ...options, [name]: value })).toThrow(
        `augment: ${name} must be a whole number from 0 to 4294967295; got ${value}`,
      );
  });

  it('is refused by where and what', async () => {
    const bytes = new Uint8Array(4 * 500 * 375);
    const found = await useWrongly({
      augment: { args: () => [PHOTO, { seed: 0, epoch: 0, index: 0 }], call: augment, options: [1] },
      centreCrop: {
        args: () => [PHOTO, {}],
        call: centreCrop,
        takes: { 1: ['undefined', '{}'] },
        options: [1],
      },
      colourMatrix: { args: () => [{}], call: colourMatrix, takes: { 0: ['undefined', '{}'] }, options: [0] },
      cropTable: {
        args: () => [[centreCrop(PHOTO)], undefined],
        call: cropTable,
        takes: { 0: ['[]'], 1: ['undefined'] },
      },
      evaluationCrops: { args: () => [PHOTO, 10], call: evaluationCrops },
      cropOnCpu: {
        args: () => [bytes, centreCrop(PHOTO), { size: 2 }],
        call: cropOnCpu,
        options: [2],
        where: /^crop(OnCpu|Table)/,
      },
    });
    expect(found.wrong).toEqual([]);
  });
});

describe('cropOnCpu', () => {
  const grey = (...values: number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value, 9]));
  const two = { width: 2, height: 2 };

  it('mirrors, and leaves out alpha', () => {
    const numbers = { ...centreCrop(two, { share: 1 }), mirror: true };
    const plane = [51, 0, 255, 102].map((value) => Math.fround(value * Math.fround(1 / 255)));
    expect(Array.from(cropOnCpu(grey(0, 51, 102, 255), numbers, { size: 2 }))).toEqual([
      ...plane,
      ...plane,
      ...plane,
    ]);
  });
  it('averages where it shrinks, and clamps colours', () => {
    const numbers = centreCrop(two, { share: 1 });
    expect(cropOnCpu(grey(0, 51, 102, 255), numbers, { size: 1 })[0]).toBeCloseTo(0.4, 6);
    const bright = { ...numbers, colours: colourMatrix({ brightness: 4 }) };
    expect(cropOnCpu(grey(0, 51, 102, 255), bright, { size: 1, mean: [1, 1, 1] })[0]).toBe(0);
  });
  it('refuses bytes that are not the picture', () => {
    const use = () => cropOnCpu(grey(0, 51, 102), centreCrop(two), { size: 1 });
    expect(use).toThrow(ShapeError);
    expect(use).toThrow('cropOnCpu: pixels of a picture of 2 x 2 must be 16 bytes; got 12');
  });
});
