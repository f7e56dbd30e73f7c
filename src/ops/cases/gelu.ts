import { gelu } from '../gelu';
import { BOTH, type CaseInput } from './support/op_case';
import { opTable } from './support/op_table';
import { get, zip, type Reference } from './support/tensor';

const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

const tanh = (x: number): number => Math.tanh(SCALE * (x + CUBIC * x ** 3));

const reference: Reference<unknown> = {
  /** y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))). */
  forward(inputs) {
    const x = get(inputs, 'x');
    return { y: { shape: x.shape, data: x.data.map((value) => (value / 2) * (1 + tanh(value))) } };
  },
  backward: (inputs, _attrs, d) => ({
    x: zip(get(inputs, 'x'), get(d, 'y'), (x, dy) => {
      const t = tanh(x);
      return (dy / 2) * (1 + t + x * (1 - t * t) * SCALE * (1 + 3 * CUBIC * x * x));
    }),
  }),
};

/** The bend lies between -4 and 4, and beyond it is 0 or x. */
const of = (name: string, x: CaseInput) => ({
  name: `gelu/${name}`,
  inputs: { x: { bound: 4, ...x } },
  attrs: {},
});

const withTorch = (name: string, x: CaseInput) => ({
  ...of(name, x),
  torch: "F.gelu(x, approximate='tanh')",
});

export const tables = [
  opTable(gelu, {
    reference,
    // dx: s, near 1, errs by an ULP of 6e-8, and so does 1 - s, which x du multiplies by up to 20 where it is not 0: 1.2e-6.
    // exp(-2u) may err by 3 + 2|2u| ULP of at most 1.2e-7: s (1 - s) makes 1.1e-7 of that. y: some roundings.
    tolerance: { relative: 2e-6, nmse: 1e-12 },
    cases: [
      withTorch('batch 3, 5x7 planes', { shape: [3, 5, 5, 7] }),
      withTorch('vectors', { shape: [2, 8, 7, 5] }),
      withTorch('features', { shape: [3, 37] }),
      of('one channel', { shape: [2, 1, 6, 6] }),
      of('few', { shape: [2, 3, 3, 2] }),
      of('far from the bend', { shape: [2, 4, 5, 5], bound: 1e4 }),
      of('NaN and infinity stay', { shape: [1, 4, 2, 2], set: { 1: NaN, 5: Infinity, 6: 0 } }),
      { ...of('8 channels', { shape: [2, 8, 7, 5] }), doctor: BOTH },
      { ...of('5 channels', { shape: [3, 5, 5, 7] }), doctor: BOTH },
    ],
  }),
];
