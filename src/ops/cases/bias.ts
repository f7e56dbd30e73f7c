import type { Shape } from '../../core/shape';
import { bias } from '../bias';
import { BOTH } from './support/op_case';
import { opTable } from './support/op_table';
import { channelOf, get, zeros, type Reference } from './support/tensor';

/** y[n,c,...] = x[n,c,...] + b[c]. */
const reference: Reference<unknown> = {
  forward(inputs) {
    const x = get(inputs, 'x');
    const b = get(inputs, 'b');
    const channel = channelOf(x);
    const data = x.data.map((value, index) => value + (b.data[channel(index)] as number));
    return { y: { shape: x.shape, data } };
  },
  backward(inputs, _attrs, d) {
    const dy = get(d, 'y');
    const db = zeros(get(inputs, 'b').shape, dy);
    const channel = channelOf(dy);
    dy.data.forEach((value, index) => {
      const c = channel(index);
      db.data[c] = (db.data[c] as number) + value;
    });
    return { x: dy, b: db };
  },
};

const of = (name: string, x: Shape) => ({
  name: `bias/${name}`,
  inputs: { x: { shape: x }, b: { shape: [x[1] ?? 1] } },
  attrs: {},
});

const withTorch = (name: string, x: Shape) => ({
  ...of(name, x),
  torch: `x + b.reshape(1, -1${x.length === 4 ? ', 1, 1' : ''})`,
});

export const tables = [
  opTable(bias, {
    reference,
    // db is a sum of up to 12544 numbers, in blocks of sqrt(12544) = 112: random rounding errors of 6e-8 grow by
    // sqrt(112) in a block and again over the blocks, relative to sums that themselves grow only as the square root of
    // their length.
    tolerance: { relative: 2e-6, nmse: 1e-12 },
    random: (_draw, [, channels = 1]) => ({ attrs: {}, others: { b: [channels] } }),
    layer: 'part of conv and linear',
    cases: [
      of('conv1, full size', [1, 64, 112, 112]),
      of('3a 1x1, reduces merged', [2, 176, 28, 28]),
      of('5b 3x3', [2, 384, 7, 7]),
      of('classifier', [4, 1000]),
      of('batch 3, 5x7 planes', [3, 5, 5, 7]),
      of('vectors, batch 3', [3, 12, 5, 7]),
      of('one channel', [2, 1, 6, 6]),
      of('one number', [1, 1, 1, 1]),
      of('few', [2, 3, 2, 3]),
      of('few features', [3, 4]),
      withTorch('plane', [3, 5, 5, 7]),
      withTorch('features', [4, 10]),
      of('many workgroups', [1, 203, 5, 5]),
      { ...of('vectors', [2, 8, 7, 5]), doctor: BOTH },
      { ...of('odd channels', [3, 5, 5, 7]), doctor: BOTH },
    ],
  }),
];
