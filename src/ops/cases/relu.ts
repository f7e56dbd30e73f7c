import { relu } from '../relu';
import { BOTH, EXACT, type CaseInput, type DoctorUse } from './support/op_case';
import { opTable } from './support/op_table';
import { get, zip, type Reference } from './support/tensor';

/** y = x where x is not negative, else 0; so a NaN stays. */
const reference: Reference<unknown> = {
  forward(inputs) {
    const x = get(inputs, 'x');
    return { y: { shape: x.shape, data: x.data.map((value) => (value < 0 ? 0 : value)) } };
  },
  backward: (inputs, _attrs, d) => ({ x: zip(get(inputs, 'x'), get(d, 'y'), (x, dy) => (x <= 0 ? 0 : dy)) }),
};

const of = (
  name: string,
  x: CaseInput,
  more: { readonly torch?: string; readonly doctor?: DoctorUse } = {},
) => ({
  name: `relu/${name}`,
  inputs: { x },
  attrs: {},
  ...more,
});

const torch = 'F.relu(x)';

export const tables = [
  opTable(relu, {
    reference,
    tolerance: EXACT,
    exact: true,
    cases: [
      of('conv1', { shape: [1, 64, 56, 56] }),
      of('features', { shape: [4, 1024] }),
      of('batch 3, 5x7 planes, exact zeros', { shape: [3, 7, 5, 7], values: 'coarse' }),
      of('vectors, exact zeros', { shape: [3, 8, 5, 7], values: 'coarse' }),
      of('one channel', { shape: [2, 1, 3, 3] }),
      of('few', { shape: [2, 3, 3, 2] }),
      of('plane', { shape: [2, 5, 6, 7] }, { torch }),
      of('exact zeros', { shape: [3, 7, 5, 5], values: 'coarse' }, { torch }),
      of('many workgroups', { shape: [3, 5, 9, 11] }),
      of('vectors', { shape: [2, 8, 7, 5], values: 'coarse' }, { doctor: BOTH }),
      of('odd channels', { shape: [3, 5, 5, 7], values: 'coarse' }, { doctor: BOTH }),
      of('NaN stays', { shape: [1, 3, 2, 2], set: { 1: NaN, 5: Infinity, 6: -Infinity, 11: NaN } }),
      of('vectors, NaN stays', {
        shape: [1, 4, 2, 2],
        set: { 1: NaN, 5: Infinity, 6: -Infinity, 15: NaN },
      }),
    ],
  }),
];
