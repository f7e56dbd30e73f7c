import type { Shape } from '../../core/shape';
import { concat, slice, type SliceAttrs } from '../concat';
import { BOTH, EXACT, FORWARD } from './support/op_case';
import { opTable } from './support/op_table';
import { get, zeros, type Reference, type RefTensor, type RefTensors } from './support/tensor';

/** Channels `first` to `first + channels - 1` of a tensor. */
export function channelsOf(x: RefTensor, { first, channels }: SliceAttrs): RefTensor {
  const [batch = 1, all = 1, height = 1, width = 1] = x.shape;
  const y = zeros(x.shape.with(1, channels), x);
  const plane = height * width;
  for (let n = 0; n < batch; n++) {
    const from = (n * all + first) * plane;
    y.data.set(x.data.subarray(from, from + channels * plane), n * channels * plane);
  }
  return y;
}

const sliceReference: Reference<SliceAttrs> = {
  forward: (inputs, attrs) => ({ y: channelsOf(get(inputs, 'x'), attrs) }),
  backward(inputs, { first, channels }, d) {
    const dy = get(d, 'y');
    const dx = zeros(get(inputs, 'x').shape);
    const [batch = 1, all = 1, height = 1, width = 1] = dx.shape;
    const plane = height * width;
    for (let n = 0; n < batch; n++) {
      const part = dy.data.subarray(n * channels * plane, (n + 1) * channels * plane);
      dx.data.set(part, (n * all + first) * plane);
    }
    return { x: dx };
  },
};

const names = (inputs: RefTensors): string[] => Object.keys(inputs).map((_, index) => `x${index}`);

/** y = x0, x1, ... side by side along axis 1. */
const reference: Reference<unknown> = {
  forward(inputs) {
    const tensors = names(inputs).map((name) => get(inputs, name));
    const channels = tensors.reduce((sum, { shape }) => sum + (shape[1] ?? 1), 0);
    const [batch = 1, , ...plane] = get(inputs, 'x0').shape;
    const y = zeros([batch, channels, ...plane]);
    let at = 0;
    for (let n = 0; n < batch; n++) {
      for (const { data } of tensors) {
        const length = data.length / batch;
        y.data.set(data.subarray(n * length, (n + 1) * length), at);
        at += length;
      }
    }
    return { y };
  },
  backward(inputs, _attrs, d) {
    const gradients: Record<string, RefTensor> = {};
    let first = 0;
    for (const name of names(inputs)) {
      const channels = get(inputs, name).shape[1] ?? 1;
      gradients[name] = channelsOf(get(d, 'y'), { first, channels });
      first += channels;
    }
    return gradients;
  },
};

const of = (name: string, channels: readonly number[], batch: number, plane: Shape = []) => ({
  name: `concat/${name}`,
  inputs: Object.fromEntries(channels.map((count, i) => [`x${i}`, { shape: [batch, count, ...plane] }])),
  attrs: {},
});

const withTorch = (name: string, channels: readonly number[], batch: number, plane: Shape) => ({
  ...of(name, channels, batch, plane),
  torch: `torch.cat((${channels.map((_, i) => `x${i}`).join(', ')}), 1)`,
});

/** slice has no gradient of its own: it is one. */
const cut = (name: string, shape: Shape, first: number, channels: number) => ({
  name: `slice/${name}`,
  inputs: { x: { shape } },
  attrs: { first, channels },
  gradients: [],
  differences: ['x' as const],
});

export const tables = [
  opTable(concat, {
    reference,
    tolerance: EXACT,
    exact: true,
    random: (draw, shape) => {
      const count = 1 + draw.below(3);
      const others = Array.from({ length: count }, (_, i) => [`x${i + 1}`, shape] as const);
      return { attrs: {}, x: 'x0', others: Object.fromEntries(others) };
    },
    layer: 'takes a list; the fuzz test has calls of its own',
    cases: [
      of('3a, full size', [64, 128, 32, 32], 1, [28, 28]),
      of('one input', [6], 2, [3, 4]),
      of('two inputs, odd channels', [3, 5], 2, [5, 7]),
      of('four inputs, odd channels, batch 3', [1, 5, 3, 2], 3, [5, 7]),
      of('features', [7, 1, 4], 3),
      of('vectors, batch 3', [4, 12, 8], 3, [5, 7]),
      of('vectors beside no vectors', [4, 2, 6], 2, [3, 5]),
      of('8 channels from channel 6 of 16', [6, 8, 2], 2, [3, 5]),
      of('few', [3, 1, 2], 2, [2, 2]),
      withTorch('four branches', [8, 16, 4, 4], 2, [5, 7]),
      withTorch('odd channels', [1, 5, 3], 3, [3, 2]),
      of('many workgroups', [5, 7], 3, [9, 11]),
      { ...of('vectors', [4, 12, 8], 3, [5, 7]), doctor: BOTH },
      { ...of('four inputs', [1, 5, 3, 2], 3, [5, 7]), doctor: BOTH },
    ],
  }),
  opTable(slice, {
    reference: sliceReference,
    tolerance: EXACT,
    exact: true,
    random: 'the gradient of concat, which random graphs have',
    layer: 'the gradient of concat',
    cases: [
      cut('first channels', [2, 7, 3, 5], 0, 3),
      cut('middle, batch 3', [3, 9, 5, 7], 4, 2),
      cut('all', [2, 4, 3, 3], 0, 4),
      cut('features', [3, 10], 7, 3),
      cut('vectors', [3, 16, 5, 7], 4, 8),
      { ...cut('8 channels from channel 2 of 16', [2, 16, 3, 5], 2, 8), doctor: FORWARD },
      cut('4 channels of 7', [2, 7, 3, 5], 0, 4),
      cut('few', [2, 5, 2, 3], 1, 3),
    ],
  }),
];
