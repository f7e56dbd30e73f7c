import type { Shape } from '../../core/shape';
import { flatten } from '../flatten';
import { BOTH, EXACT } from './support/op_case';
import { opTable } from './support/op_table';
import { get, type Reference } from './support/tensor';

/** The same numbers in the same order, all but the first axis made one. */
const reference: Reference<unknown> = {
  forward(inputs) {
    const { shape, data } = get(inputs, 'x');
    const [batch = 1] = shape;
    return { y: { shape: [batch, data.length / batch], data } };
  },
  backward: (inputs, _attrs, d) => ({ x: { shape: get(inputs, 'x').shape, data: get(d, 'y').data } }),
};

const of = (name: string, shape: Shape) => ({
  name: `flatten/${name}`,
  inputs: { x: { shape } },
  attrs: {},
});

const torch = 'x.flatten(1)';

export const tables = [
  opTable(flatten, {
    reference,
    tolerance: EXACT,
    exact: true,
    random: 'every random graph flattens what its head reads; what is flattened goes nowhere else',
    cases: [
      of('auxiliary head', [2, 128, 4, 4]),
      of('one pixel', [2, 1024, 1, 1]),
      { ...of('batch 3, 5x7 planes', [3, 5, 5, 7]), torch },
      of('one channel', [2, 1, 3, 4]),
      { ...of('features already', [3, 11]), torch },
      { ...of('few', [2, 3, 2, 2]), torch },
      { ...of('vectors', [2, 8, 7, 5]), doctor: BOTH },
      { ...of('odd channels', [3, 5, 5, 7]), doctor: BOTH },
    ],
  }),
];
