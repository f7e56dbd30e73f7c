import type { Shape } from '../../core/shape';
import { add } from '../add';
import { BACKWARD, BOTH, ROUNDED, type DoctorUse } from './support/op_case';
import { opTable } from './support/op_table';
import { get, zip, type Reference, type RefTensor, type RefTensors } from './support/tensor';
import { touched, touchedReference } from './support/touched';

const sum = (inputs: RefTensors): RefTensor => zip(get(inputs, 'x0'), get(inputs, 'x1'), (a, b) => a + b);

/** y = x0 + x1. */
const reference: Reference<unknown> = {
  forward: (inputs) => ({ y: sum(inputs) }),
  backward: (_inputs, _attrs, d) => ({ x0: get(d, 'y'), x1: get(d, 'y') }),
};

const of = (name: string, shape: Shape, doctor?: DoctorUse) => ({
  name: `add/${name}`,
  inputs: { x0: { shape }, x1: { shape } },
  attrs: {},
  ...(doctor && { doctor }),
});

const masked = (name: string, shape: Shape, doctor?: DoctorUse) => ({
  ...touched(of(name, shape, doctor), shape, ['mask']),
  reference: touchedReference('y', sum),
});

export const tables = [
  opTable(add, {
    reference,
    // One rounding.
    tolerance: ROUNDED,
    exact: true,
    random: (_draw, shape) => ({ attrs: {}, x: 'x0', others: { x1: shape } }),
    layer: 'takes two values, which must be of one graph',
    cases: [
      of('3a input gradient', [2, 192, 28, 28]),
      of('batch 3, 5x7 planes', [3, 5, 5, 7]),
      of('one channel', [2, 1, 6, 6]),
      of('features', [3, 37]),
      of('vectors of features', [3, 36]),
      { ...of('plane', [2, 3, 5, 7]), torch: 'x0 + x1' },
      of('few', [2, 3, 2, 1]),
      of('many workgroups', [3, 5, 9, 11]),
      of('vectors', [2, 8, 7, 5], BOTH),
      of('odd channels', [3, 5, 5, 7], BOTH),
      masked('vectors', [2, 16, 7, 5]),
      masked('odd', [2, 7, 5, 6]),
      masked('8 channels', [2, 8, 7, 5], BACKWARD),
      masked('5 channels', [3, 5, 5, 7], BACKWARD),
    ],
  }),
];
