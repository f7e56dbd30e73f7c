import { crop } from '../crop';
import type { CropAttrs } from '../crop_attributes';
import { cropColours } from '../crop_colours';
import { CROP_COLUMNS, INTERPOLATIONS, PARTNER } from '../crop_table';
import { FORWARD } from './support/op_case';
import { opTable } from './support/op_table';
import { get, zeros, type Reference } from './support/tensor';

const reference: Reference<CropAttrs> = {
  /** y = share * own + (1 - share) * partner, of (colour / 255 - mean) / deviation for the colours of a picture by its row of the table. */
  forward(inputs, { size, mean, deviation }) {
    const [x, table] = [get(inputs, 'x'), get(inputs, 'table')];
    const [batch = 1, words = 1] = x.shape;
    const y = zeros([batch, 3, size, size]);
    const rowOf = (picture: number) =>
      table.data.subarray(picture * CROP_COLUMNS, (picture + 1) * CROP_COLUMNS);
    for (let picture = 0; picture < batch; picture++) {
      const [partner = 0, share = 1] = rowOf(picture).subarray(PARTNER);
      for (const [side, part] of [
        [picture, share],
        [partner, 1 - share],
      ] as const) {
        // prettier-ignore
        const slot = x.data.subarray(side * words, (side + 1) * words);
        cropColours(slot, rowOf(side), size).forEach((value, index) => {
          const colour = Math.floor(index / (size * size));
          const at = picture * 3 * size * size + index;
          y.data[at]! += part * ((value / 255 - (mean?.[colour] ?? 0)) / (deviation?.[colour] ?? 1));
        });
      }
    }
    return { y };
  },
  /** Bytes have no gradient. */
  backward: () => ({}),
};

type Way = (typeof INTERPOLATIONS)[number];

/** A row of the table: sizes of the picture, the rectangle, how it is sampled, and which colours. */
interface Row {
  readonly picture: readonly [width: number, height: number];
  readonly rectangle: readonly [left: number, top: number, width: number, height: number];
  readonly way: Way;
  readonly mirror?: boolean;
  readonly matrix?: readonly number[];
  readonly mix?: readonly [partner: number, share: number];
}

const SAME = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/** Mixes the colours, and makes some that are clamped on either side. */
const MIXED = [1.5, -0.25, 0.125, -0.25, 0.5, 0.75, -0.5, 0.25, -0.125, 0.25, 1.25, -0.125];

const NORMALISE = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

const numbersOf = ({ picture, rectangle, way, mirror, matrix = SAME, mix = [0, 1] }: Row): number[] =>
  [...picture, ...rectangle, mirror ? 1 : 0, INTERPOLATIONS.indexOf(way), ...matrix, ...mix].map(Math.fround);

const of = (name: string, rows: readonly Row[], words: number, attrs: CropAttrs) => ({
  name: `crop/${name}`,
  inputs: {
    x: { shape: [rows.length, words], dtype: 'u32', values: 'labels', below: 2 ** 32 } as const,
    table: {
      shape: [rows.length, CROP_COLUMNS],
      set: Object.fromEntries(rows.flatMap(numbersOf).entries()),
    },
  },
  attrs,
  gradients: [],
});

/** Two pictures of 11 x 9 in slots of 100 words, of which all take the same rectangle. */
function withTorch(way: Way, size: number, row: Partial<Row> = {}, mix: readonly Row['mix'][] = []) {
  const rectangle = row.rectangle ?? [2, 1, 7, 6];
  const rows = [0, 1].map((index): Row => ({
    picture: [11, 9],
    rectangle,
    way,
    ...row,
    mix: mix[index] ?? [index, 1],
  }));
  const [left, top, width, height] = rectangle;
  const bytes = 'torch.stack([x & 255, x >> 8 & 255, x >> 16 & 255], 1)';
  const cut = `${bytes}[:, :, :99].view(2, 3, 9, 11)[:, :, ${top}:${top + height}, ${left}:${left + width}]`;
  const colours = `${cut}.to(table.dtype) / 255`;
  const flipped = row.mirror ? '.flip(3)' : '';
  const resized = {
    nearest: `F.interpolate(${colours}, ${size}, mode='nearest-exact')`,
    bilinear: `F.interpolate(${colours}, ${size}, mode='bilinear', align_corners=False)`,
    bicubic: `F.interpolate(${colours}, ${size}, mode='bicubic', align_corners=False)`,
    // Each pixel size times as wide and as high, so that a stretch has whole ones only.
    area: `F.avg_pool2d((${colours}).repeat_interleave(${size}, 2).repeat_interleave(${size}, 3), (${height}, ${width}))`,
  }[way];
  const matrix = 'table[:, 8:20].view(2, 3, 4)';
  const changed = `torch.einsum('nck,nkhw->nchw', ${matrix}[:, :, :3], ${resized}${flipped}) + ${matrix}[:, :, 3, None, None]`;
  const three = (numbers: readonly number[]): string =>
    `table.new_tensor([${numbers.join(', ')}]).view(3, 1, 1)`;
  const images = `((${changed}).clamp(0, 1) - ${three(NORMALISE.mean)}) / ${three(NORMALISE.deviation)}`;
  const share = 'table[:, 21].view(2, 1, 1, 1)';
  const torch = `${share} * (y := ${images}) + (1 - ${share}) * y[table[:, 20].long()]`;
  const what = [
    `${way}, ${width}x${height} to ${size}`,
    row.mirror && 'mirrored',
    row.matrix && 'mixed colours',
    mix.length > 0 && 'mixed with each other',
  ].filter(Boolean);
  return { ...of(what.join(', '), rows, 100, { size, ...NORMALISE }), torch };
}

/** A picture for each way to sample, of another size and rectangle each, with corners inside of pixels. */
const EACH_WAY: readonly Row[] = INTERPOLATIONS.flatMap((way, index) => [
  {
    picture: [13 + index, 17],
    rectangle: [1.25 + index, 2.984375, 9.5, 12.015625],
    way,
    mirror: index % 2 === 1,
    matrix: index < 2 ? MIXED : SAME,
  },
]);

const whole = (way: Way, width: number, height: number): Row => ({
  picture: [width, height],
  rectangle: [0, 0, width, height],
  way,
});

export const tables = [
  opTable(crop, {
    reference,
    // Some 20 roundings: shares, products and sums of up to 16 pixels, the matrix, and the normalisation.
    tolerance: { relative: 2e-6, nmse: 1e-12 },
    random: 'reads whole numbers, which no other op computes',
    layer: 'takes pictures and a table',
    cases: [
      of('two photos', [whole('bilinear', 448, 597), whole('area', 597, 448)], 448 * 597, {
        size: 224,
        ...NORMALISE,
      }),
      ...INTERPOLATIONS.flatMap((way) => [withTorch(way, 3), withTorch(way, 16)]),
      withTorch('bilinear', 5, { mirror: true, matrix: MIXED }),
      withTorch('bicubic', 20, { rectangle: [0, 0, 11, 9], matrix: MIXED }),
      withTorch('area', 8, { rectangle: [0, 0, 11, 9], mirror: true }),
      withTorch('area', 6, { mirror: true }, [[1, 0.75], [0, 0]]), // prettier-ignore
      withTorch('nearest', 7, { rectangle: [10, 8, 1, 1] }),
      of('each way, corners inside of pixels', EACH_WAY, 300, { size: 7, ...NORMALISE }),
      of('each way, enlarged', EACH_WAY, 300, { size: 33, ...NORMALISE }),
      of(
        'pictures of one pixel',
        INTERPOLATIONS.map((way) => whole(way, 1, 1)),
        1,
        { size: 3 },
      ),
      of('one pixel of many', [whole('area', 20, 20)], 401, { size: 1, mean: [0.5, 0.25, 0.75] }),
      of(
        'each way, mixed with the next',
        EACH_WAY.map((row, at) => ({ ...row, mix: [(at + 1) % 4, at / 3] })),
        300,
        {
          size: 9,
          ...NORMALISE,
        },
      ),
      { ...of('four ways', EACH_WAY, 288, { size: 5, ...NORMALISE }), doctor: FORWARD },
    ],
  }),
];
