import { crossEntropyHeads, crossEntropyHeadsGrad, type HeadsAttrs } from '../cross_entropy_heads';
import { channelsOf } from './concat';
import { gradientOf, lossOf } from './cross_entropy';
import { BACKWARD, FORWARD, type CaseInput } from './support/op_case';
import { opTable } from './support/op_table';
import { get, tensor, type Reference, type RefTensor, type RefTensors } from './support/tensor';

/** The scores of each head. */
function headsOf(inputs: RefTensors, { heads }: HeadsAttrs): RefTensor[] {
  const x = get(inputs, 'x');
  const channels = (x.shape[1] ?? 1) / heads;
  return Array.from({ length: heads }, (_, head) => channelsOf(x, { first: head * channels, channels }));
}

/** loss[0,h] = cross-entropy of head h. */
const losses: Reference<HeadsAttrs> = {
  forward(inputs, attrs) {
    const each = headsOf(inputs, attrs).map((x) => lossOf(x, get(inputs, 'labels')));
    return { loss: tensor([1, attrs.heads], each) };
  },
  backward(): never {
    throw new Error('reference: the gradient is another op');
  },
};

/** dx of head h from dloss of head h. */
const gradients: Reference<HeadsAttrs> = {
  forward(inputs, attrs) {
    const x = get(inputs, 'x');
    const [rows = 1, all = 1] = x.shape;
    const data = new Float64Array(x.data.length);
    headsOf(inputs, attrs).forEach((head, index) => {
      const dx = gradientOf(head, get(inputs, 'labels'), get(inputs, `dloss${index}`).data[0] ?? NaN);
      const channels = all / attrs.heads;
      for (let row = 0; row < rows; row++) {
        data.set(dx.data.subarray(row * channels, (row + 1) * channels), row * all + index * channels);
      }
    });
    return { dx: { shape: x.shape, data } };
  },
  backward(): never {
    throw new Error('reference: gradients have no gradient');
  },
};

function given(rows: number, classes: number, heads: number) {
  const what = `${heads} heads of ${classes} classes, batch ${rows}`;
  const labels: CaseInput = { shape: [rows], dtype: 'u32', values: 'labels', below: classes };
  return { what, attrs: { heads }, gradients: [], inputs: { x: { shape: [rows, heads * classes] }, labels } };
}

function forward(rows: number, classes: number, heads: number) {
  const { what, ...rest } = given(rows, classes, heads);
  return { ...rest, name: `cross_entropy_heads/${what}` };
}

function backward(rows: number, classes: number, heads: number) {
  const { what, inputs, ...rest } = given(rows, classes, heads);
  const dloss = Array.from({ length: heads }, (_, head) => [`dloss${head}`, { shape: [] }] as const);
  return {
    ...rest,
    inputs: { ...inputs, ...Object.fromEntries(dloss) },
    name: `cross_entropy_heads_grad/${what}`,
  };
}

// As cross_entropy's own: exponentials and logarithms are right to some units of the last place.
const tolerance = { relative: 1e-6, nmse: 1e-12 };

const shared = { tolerance, random: 'a rewrite makes it', layer: 'a rewrite makes it' } as const;

export const tables = [
  opTable(crossEntropyHeads, {
    ...shared,
    reference: losses,
    cases: [
      forward(5, 7, 2),
      forward(2, 1000, 3),
      forward(70, 10, 4),
      forward(3, 65, 1),
      { ...forward(5, 7, 3), name: 'cross_entropy/3 heads of 7 classes', doctor: FORWARD },
    ],
  }),
  opTable(crossEntropyHeadsGrad, {
    ...shared,
    reference: gradients,
    cases: [
      backward(5, 7, 2),
      backward(2, 1000, 3),
      backward(70, 10, 4),
      backward(3, 65, 1),
      { ...backward(5, 7, 3), name: 'cross_entropy/3 heads of 7 classes, gradient', doctor: BACKWARD },
    ],
  }),
];
