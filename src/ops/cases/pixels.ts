import type { Shape } from '../../core/shape';
import { pixels, type PixelsAttrs } from '../pixels';
import { FORWARD, ROUNDED } from './support/op_case';
import { opTable } from './support/op_table';
import { get, zeros, type Reference } from './support/tensor';

const reference: Reference<PixelsAttrs> = {
  /** y = (byte / 255 - mean) / deviation, byte c of each word for colour c. */
  forward(inputs, { mean, deviation }) {
    const x = get(inputs, 'x');
    const [batch = 1, , height = 1, width = 1] = x.shape;
    const plane = height * width;
    const y = zeros([batch, 3, height, width]);
    x.data.forEach((word, index) => {
      for (let colour = 0; colour < 3; colour++) {
        const byte = Math.floor(word / 256 ** colour) % 256;
        const at = (Math.floor(index / plane) * 3 + colour) * plane + (index % plane);
        y.data[at] = (byte / 255 - (mean?.[colour] ?? 0)) / (deviation?.[colour] ?? 1);
      }
    });
    return { y };
  },
  /** Bytes have no gradient. */
  backward: () => ({}),
};

const of = (name: string, shape: Shape, attrs: PixelsAttrs, set: Readonly<Record<number, number>> = {}) => ({
  name: `pixels/${name}`,
  inputs: { x: { shape, dtype: 'u32', values: 'labels', below: 2 ** 32, set } as const },
  attrs,
});

const NORMALISE = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

export const tables = [
  opTable(pixels, {
    reference,
    // Scale and centre are rounded once each, and so is the result.
    tolerance: ROUNDED,
    noTorch: 'PyTorch has no packed pixels',
    random: 'reads whole numbers, which no other op computes',
    layer: 'hands all on to the op',
    cases: [
      of('as they are', [1, 1, 16, 17], {}, { 0: 0, 1: 0xffffffff, 2: 0xff, 3: 0xff00, 4: 0xff0000 }),
      of('batch 3, 5x7 planes', [3, 1, 5, 7], NORMALISE),
      of('mean alone', [2, 1, 32, 32], { mean: [0.5, 0.25, 0.75] }),
      { ...of('bytes', [3, 1, 5, 7], NORMALISE), doctor: FORWARD },
    ],
  }),
];
