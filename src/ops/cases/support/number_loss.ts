import { BOTH, type CaseInput } from './op_case';
import { get, tensor, zeros, zip, type Reference } from './tensor';

/** A loss of each number of x and of targets, averaged, from its formula and its two derivatives. */
export function numberLoss(
  loss: (x: number, t: number) => number,
  of: Readonly<Record<'x' | 'targets', (x: number, t: number) => number>>,
): Reference<unknown> {
  return {
    forward(inputs) {
      const [x, targets] = [get(inputs, 'x'), get(inputs, 'targets')];
      const sum = zeros([], x);
      zip(x, targets, loss).data.forEach((each) => (sum.data[0]! += each));
      return { loss: tensor([], [sum.data[0]! / x.data.length]) };
    },
    backward(inputs, _attrs, d) {
      const [x, targets] = [get(inputs, 'x'), get(inputs, 'targets')];
      const scale = (get(d, 'loss').data[0] ?? NaN) / x.data.length;
      return {
        x: zip(x, targets, (a, b) => scale * of.x(a, b)),
        targets: zip(x, targets, (a, b) => scale * of.targets(a, b)),
      };
    },
  };
}

type More = Omit<CaseInput, 'shape'>;

/** Cases of such a loss; `torch` is what PyTorch computes. */
export function numberLossCases(op: string, torch: string) {
  const of = (name: string, shape: CaseInput['shape'], x: More = {}, targets: More = {}) => ({
    name: `${op}/${name}`,
    inputs: { x: { shape, bound: 4, ...x }, targets: { shape, ...targets } },
    attrs: {},
  });
  return [
    { ...of('features', [3, 37]), torch },
    { ...of('vectors', [2, 8, 7, 5]), torch },
    { ...of('batch 3, 5x7 planes', [3, 5, 5, 7]), torch },
    of('one number', [1, 1]),
    of('one channel', [2, 1, 6, 6]),
    of('few', [2, 3, 3, 2]),
    of('ties', [3, 9], { values: 'coarse' }, { values: 'coarse' }),
    of('scores up to 1e4', [2, 4, 5, 5], { bound: 1e4 }),
    of('many workgroups', [7, 12, 9, 11]),
    of('a NaN', [2, 8], { set: { 3: NaN } }),
    of('a NaN, one by one', [3, 5], { set: { 3: NaN } }),
    of('a target of NaN', [3, 5], {}, { set: { 3: NaN } }),
    of('infinity', [3, 5], { set: { 3: Infinity } }),
    of('-infinity', [3, 5], { set: { 3: -Infinity } }),
    { ...of('8 channels', [2, 8, 7, 5]), doctor: BOTH },
    { ...of('5 channels', [3, 5, 5, 7]), doctor: BOTH },
  ];
}
