import { crossEntropy } from '../cross_entropy';
import { BOTH, type CaseInput } from './support/op_case';
import { opTable } from './support/op_table';
import { get, tensor, zeros, type Reference, type RefTensor } from './support/tensor';

/** Softmax of one row and its log(sum(exp)). */
function softmax(row: RefTensor['data']): { softmax: RefTensor['data']; logSum: number } {
  const largest = Math.max(...row);
  const exponentials = row.map((value) => Math.exp(value - largest));
  let sum = 0;
  for (const exponential of exponentials) sum += exponential;
  return { softmax: exponentials.map((value) => value / sum), logSum: largest + Math.log(sum) };
}

/** mean over n of log(sum over k of exp(x[n,k])) - x[n,labels[n]]. */
export function lossOf(x: RefTensor, labels: RefTensor): number {
  const [batch = 1, classes = 1] = x.shape;
  const logSums = zeros([batch], x);
  let sum = 0;
  for (let n = 0; n < batch; n++) {
    const row = x.data.subarray(n * classes, (n + 1) * classes);
    logSums.data[n] = softmax(row).logSum;
    sum += (logSums.data[n] as number) - (row[labels.data[n] as number] as number);
  }
  return sum / batch;
}

export function gradientOf(x: RefTensor, labels: RefTensor, dloss: number): RefTensor {
  const [batch = 1, classes = 1] = x.shape;
  const dx = zeros(x.shape);
  for (let n = 0; n < batch; n++) {
    const row = x.data.subarray(n * classes, (n + 1) * classes);
    const gradient = softmax(row).softmax.map((value, k) => value - (k === labels.data[n] ? 1 : 0));
    dx.data.set(
      gradient.map((value) => (dloss * value) / batch),
      n * classes,
    );
  }
  return dx;
}

const reference: Reference<unknown> = {
  forward: (inputs) => ({ loss: tensor([], [lossOf(get(inputs, 'x'), get(inputs, 'labels'))]) }),
  backward: (inputs, _attrs, d) => ({
    x: gradientOf(get(inputs, 'x'), get(inputs, 'labels'), get(d, 'loss').data[0] ?? NaN),
  }),
};

const of = (name: string, batch: number, classes: number, x: Omit<CaseInput, 'shape'> = {}) => ({
  name: `cross_entropy/${name}`,
  inputs: {
    x: { shape: [batch, classes], ...x },
    labels: { shape: [batch], dtype: 'u32', values: 'labels', below: classes } as CaseInput,
  },
  attrs: {},
});

const withTorch = (name: string, labels: readonly number[], classes: number, bound: number) => {
  const { inputs, ...made } = of(name, labels.length, classes, { bound });
  const given: CaseInput = { ...inputs.labels, set: Object.fromEntries(labels.entries()) };
  return { ...made, inputs: { ...inputs, labels: given }, torch: 'F.cross_entropy(x, labels)' };
};

export const tables = [
  opTable(crossEntropy, {
    reference,
    // WGSL lets exp(x) err by 3 + 2|x| ulp of 6e-8 and log by 3 ulp, or 5e-7 near 1. Terms with large |x| are small.
    tolerance: { relative: 3e-6, nmse: 1e-11 },
    random: 'every random graph ends with it',
    layer: 'takes scores and labels',
    cases: [
      of('10 classes', 5, 10),
      of('1000 classes', 4, 1000),
      of('1000 classes, scores up to 1e4', 3, 1000, { bound: 1e4 }),
      of('ties', 3, 9, { values: 'coarse' }),
      of('2 classes, one image', 1, 2),
      of('65 classes', 3, 65),
      of('130 images', 130, 7),
      of('all scores very negative', 2, 3, {
        set: { 0: -1e4, 1: -1e4, 2: -10001, 3: -9999, 4: -1e4, 5: -1e4 },
      }),
      of('few', 3, 5),
      withTorch('labels of 10 classes', [3, 0, 9, 3, 5], 10, 1),
      withTorch('labels of 1000 classes', [3, 977], 1000, 10),
      withTorch('steep', [0, 6, 2, 3], 7, 100),
      withTorch('scores up to 1e4', [0, 999, 500], 1000, 1e4),
      of('many workgroups', 7, 5),
      of('a row with NaN', 3, 70, { set: { 75: NaN } }),
      of('NaN at its beginning and end', 2, 5, { set: { 0: NaN, 9: NaN } }),
      of('a row with infinity', 3, 7, { set: { 8: Infinity } }),
      of('a row with -infinity', 2, 3, { set: { 1: -Infinity, 3: 0.5 } }),
      { ...of('65 classes, batch 5', 5, 65), doctor: BOTH },
    ],
  }),
];
