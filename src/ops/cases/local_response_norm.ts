import type { Shape } from '../../core/shape';
import { localResponseNorm, type LocalResponseNormAttrs } from '../local_response_norm';
import { BOTH, type CaseInput } from './support/op_case';
import { opTable } from './support/op_table';
import { get, zeros, type Reference, type RefTensor } from './support/tensor';

/** Visits each number of x with each number of its window: indices of the two. */
function eachPair(
  { shape: [batch = 1, channels = 1, height = 1, width = 1] }: RefTensor,
  { size, mirrored = false }: LocalResponseNormAttrs,
  visit: (to: number, from: number) => void,
): void {
  const plane = height * width;
  const before = Math.floor((mirrored ? size - 1 : size) / 2);
  for (let image = 0; image < batch; image++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let from = channel - before; from < channel - before + size; from++) {
        if (from < 0 || from >= channels) continue;
        const start = image * channels;
        for (let at = 0; at < plane; at++) visit((start + channel) * plane + at, (start + from) * plane + at);
      }
    }
  }
}

/** k + alpha / size * sum of the squares in the window. */
function bases(x: RefTensor, attrs: LocalResponseNormAttrs): RefTensor {
  const { size, alpha = 1e-4, k = 1 } = attrs;
  const sums = zeros(x.shape, x);
  eachPair(x, attrs, (to, from) => {
    sums.data[to] = (sums.data[to] as number) + (x.data[from] as number) ** 2;
  });
  return { shape: x.shape, data: sums.data.map((sum) => k + (alpha / size) * sum) };
}

const reference: Reference<LocalResponseNormAttrs> = {
  forward(inputs, attrs) {
    const x = get(inputs, 'x');
    const { beta = 0.75 } = attrs;
    const base = bases(x, attrs);
    const y = x.data.map((value, index) => value / (base.data[index] as number) ** beta);
    return { y: { shape: x.shape, data: y } };
  },
  /** dy / base^beta, and from each window that x is in - 2 alpha beta / size * x * dy x_i / base_i^(beta + 1). */
  backward(inputs, attrs, d) {
    const [x, dy] = [get(inputs, 'x'), get(d, 'y')];
    const { size, alpha = 1e-4, beta = 0.75 } = attrs;
    const base = bases(x, attrs);
    const dx = dy.data.map((value, index) => value / (base.data[index] as number) ** beta);
    eachPair(x, attrs, (to, from) => {
      const above =
        ((dy.data[to] as number) * (x.data[to] as number)) / (base.data[to] as number) ** (beta + 1);
      dx[from] = (dx[from] as number) - ((2 * alpha * beta) / size) * (x.data[from] as number) * above;
    });
    return { x: { shape: x.shape, data: dx } };
  },
};

/** An alpha near k and numbers up to 2, so that windows matter; at PyTorch's defaults y is x within some 1e-4. */
const STRONG = { alpha: 2, beta: 0.75, k: 1 };

const of = (name: string, x: CaseInput, attrs: LocalResponseNormAttrs) => ({
  name: `local_response_norm/${name}`,
  inputs: { x: { bound: 2, ...x } },
  attrs,
});

function withTorch(name: string, shape: Shape, size: number) {
  const attrs = { ...STRONG, size };
  const torch = `F.local_response_norm(x, ${size}, alpha=${attrs.alpha}, beta=${attrs.beta}, k=${attrs.k})`;
  return { ...of(name, { shape }, attrs), torch };
}

const NOT_NUMBERS = { 1: NaN, 21: Infinity, 30: -Infinity };

export const tables = [
  opTable(localResponseNorm, {
    reference,
    // log2 of the base errs by 3 ULP or by 2^-21, exp2 by 3 + 2 |beta log2(base)| ULP: about 1.2e-6 of the result. The sums
    // of up to 5 numbers and the products add some roundings. Measured: 2.6e-7.
    tolerance: { relative: 2e-6, nmse: 1e-12 },
    random: (draw) => ({
      attrs: {
        size: 1 + draw.below(6),
        alpha: draw.pick([1e-4, 0.5, 2]),
        k: draw.pick([1, 2]),
        mirrored: draw.pick([true, false]),
      },
    }),
    layer: { further: [{ size: 5 }] },
    cases: [
      of('GoogLeNet after pool1', { shape: [1, 64, 56, 56] }, { size: 5, alpha: 1e-4, beta: 0.75, k: 1 }),
      ...[3, 4, 5].flatMap((size) =>
        [1, 3, 7, 64].map((channels) =>
          withTorch(`${size} of ${channels} channels`, [2, channels, 3, 5], size),
        ),
      ),
      of('4 of 7 channels, mirrored', { shape: [2, 7, 3, 5] }, { ...STRONG, size: 4, mirrored: true }),
      of('4 of 8 channels, mirrored', { shape: [2, 8, 3, 5] }, { ...STRONG, size: 4, mirrored: true }),
      of('5 of 5, mirrored: the same', { shape: [2, 5, 3, 5] }, { ...STRONG, size: 5, mirrored: true }),
      of('a window of 1', { shape: [2, 6, 3, 5] }, { ...STRONG, size: 1 }),
      of('a window above the channels', { shape: [2, 4, 3, 5] }, { ...STRONG, size: 40 }),
      of('AlexNet', { shape: [3, 16, 5, 7], bound: 20 }, { size: 5, alpha: 5e-4, beta: 0.75, k: 2 }),
      of('another exponent', { shape: [3, 9, 5, 7] }, { size: 3, alpha: 1, beta: 1.5, k: 0.5 }),
      of('few', { shape: [2, 5, 3, 2] }, { ...STRONG, size: 4 }),
      of('few, mirrored', { shape: [2, 5, 3, 2] }, { ...STRONG, size: 4, mirrored: true }),
      of('many workgroups', { shape: [3, 5, 9, 11] }, { ...STRONG, size: 3 }),
      of('NaN and infinity stay', { shape: [1, 12, 2, 2], set: NOT_NUMBERS }, { ...STRONG, size: 3 }),
      of('vectors, NaN and infinity', { shape: [2, 8, 2, 2], set: NOT_NUMBERS }, { ...STRONG, size: 4 }),
      { ...of('8 channels', { shape: [2, 8, 7, 5] }, { ...STRONG, size: 5 }), doctor: BOTH },
      {
        ...of('5 channels, mirrored', { shape: [3, 5, 5, 7] }, { ...STRONG, size: 4, mirrored: true }),
        doctor: BOTH,
      },
    ],
  }),
];
