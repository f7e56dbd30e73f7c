import { softCrossEntropy, type SoftCrossEntropyAttrs } from '../soft_cross_entropy';
import { BOTH, type CaseInput } from './support/op_case';
import { opTable } from './support/op_table';
import { get, tensor, zeros, type Reference, type RefTensors } from './support/tensor';

/** What each row of x and targets has: w[k] q[k] of its targets, and the logarithms of its softmax. */
function rowsOf(inputs: RefTensors, { smoothing = 0, classWeights }: SoftCrossEntropyAttrs) {
  const [x, targets] = [get(inputs, 'x'), get(inputs, 'targets')];
  const [batch = 1, classes = 1] = x.shape;
  const weights = Array.from({ length: classes }, (_, k) => classWeights?.[k] ?? 1);
  const rows = Array.from({ length: batch }, (_, n) => {
    const scores = x.data.subarray(n * classes, (n + 1) * classes);
    const mine = targets.data.subarray(n * classes, (n + 1) * classes);
    const largest = Math.max(...scores);
    let sum = 0;
    for (const score of scores) sum += Math.exp(score - largest);
    const logs = scores.map((score) => score - largest - Math.log(sum));
    const shares = mine.map((t, k) => weights[k]! * ((1 - smoothing) * t + smoothing / classes));
    return { logs, shares };
  });
  return { x, rows, weights, batch, classes };
}

const reference: Reference<SoftCrossEntropyAttrs> = {
  /** mean over n of -(sum over k of w[k] q[n,k] log(softmax(x[n])[k])), q = (1 - smoothing) targets + smoothing / K. */
  forward(inputs, attrs) {
    const { x, rows, batch } = rowsOf(inputs, attrs);
    const loss = zeros([], x);
    for (const { logs, shares } of rows) shares.forEach((share, k) => (loss.data[0]! -= share * logs[k]!));
    return { loss: tensor([], [loss.data[0]! / batch]) };
  },
  backward(inputs, attrs, d) {
    const { x, rows, weights, batch, classes } = rowsOf(inputs, attrs);
    const scale = (get(d, 'loss').data[0] ?? NaN) / batch;
    const [dx, dt] = [zeros(x.shape), zeros(x.shape)];
    rows.forEach(({ logs, shares }, n) => {
      let mass = 0;
      for (const share of shares) mass += share;
      for (let k = 0; k < classes; k++) {
        dx.data[n * classes + k] = scale * (mass * Math.exp(logs[k]!) - shares[k]!);
        dt.data[n * classes + k] = -scale * (1 - (attrs.smoothing ?? 0)) * weights[k]! * logs[k]!;
      }
    });
    return { x: dx, targets: dt };
  },
};

interface Given {
  readonly x?: Omit<CaseInput, 'shape'>;
  readonly targets?: Omit<CaseInput, 'shape'>;
  readonly attrs?: SoftCrossEntropyAttrs;
}

const of = (name: string, batch: number, classes: number, { x, targets, attrs = {} }: Given = {}) => ({
  name: `soft_cross_entropy/${name}`,
  inputs: { x: { shape: [batch, classes], ...x }, targets: { shape: [batch, classes], ...targets } },
  attrs,
});

function withTorch(name: string, batch: number, classes: number, given: Given = {}) {
  const { smoothing = 0, classWeights } = given.attrs ?? {};
  const weight = classWeights ? `x.new_tensor([${classWeights.join(', ')}])` : 'None';
  const torch = `F.cross_entropy(x, targets, weight=${weight}, label_smoothing=${smoothing})`;
  return { ...of(name, batch, classes, given), torch };
}

/** A float32. */
const SMOOTH = { smoothing: 0.125 };
const WEIGHTS = [0.5, 2, 0, 1.25, 3];

export const tables = [
  opTable(softCrossEntropy, {
    reference,
    // As cross_entropy: exp(x) may err by 3 + 2|x| ulp of 6e-8, log by 3 ulp, or 5e-7 near 1. Signs of targets cancel, in the sum
    // of the loss: some terms of it, each rounded, are a few times the sum.
    tolerance: { relative: 5e-6, nmse: 6e-12 },
    random: 'gives a loss, of which a random graph has one',
    layer: 'takes scores and targets, which must be of one graph',
    cases: [
      withTorch('10 classes', 5, 10),
      withTorch('smoothing', 3, 7, { attrs: SMOOTH }),
      withTorch('smoothing and weights', 4, 5, { attrs: { ...SMOOTH, classWeights: WEIGHTS } }),
      withTorch('scores up to 1e4', 3, 300, { x: { bound: 1e4 }, attrs: { smoothing: 0.1 } }),
      of('1000 classes', 4, 1000, { attrs: { smoothing: 0.1 } }),
      { ...of('nothing but smoothing', 3, 8, { attrs: { smoothing: 1 } }), differences: ['x'] },
      of('ties', 3, 9, { x: { values: 'coarse' }, targets: { values: 'coarse' } }),
      { ...of('one class, one image', 1, 1), differences: [] }, // its gradients are 0
      of('130 images', 130, 7, { attrs: SMOOTH }),
      of('many workgroups', 7, 5, { attrs: { classWeights: WEIGHTS } }),
      of('a row with NaN', 3, 70, { x: { set: { 75: NaN } } }),
      of('NaN at its beginning and end', 2, 5, { x: { set: { 0: NaN, 9: NaN } } }),
      of('a target of NaN', 2, 5, { targets: { set: { 3: NaN } }, attrs: SMOOTH }),
      of('a row with infinity', 3, 7, { x: { set: { 8: Infinity } } }),
      of('a row with -infinity', 2, 3, { x: { set: { 1: -Infinity, 3: 0.5 } } }),
      { ...of('8 classes', 5, 8, { attrs: { smoothing: 0.1 } }), doctor: BOTH },
      { ...of('65 classes', 5, 65, { attrs: { smoothing: 0.1 } }), doctor: BOTH },
    ],
  }),
];
