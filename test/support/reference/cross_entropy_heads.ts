import * as crossEntropy from './cross_entropy';
import * as slice from './slice';
import { get, tensor, type RefTensor, type RefTensors } from './tensor';

interface Attrs {
  readonly heads: number;
}

/** The scores of each head, with the labels that all share. */
function headsOf(inputs: RefTensors, { heads }: Attrs): RefTensors[] {
  const x = get(inputs, 'x');
  const channels = (x.shape[1] ?? 1) / heads;
  return Array.from({ length: heads }, (_, head) => ({
    x: get(slice.forward({ x }, { first: head * channels, channels }), 'y'),
    labels: get(inputs, 'labels'),
  }));
}

/** loss[0,h] = cross-entropy of head h. */
export const losses = {
  forward(inputs: RefTensors, attrs: Attrs): RefTensors {
    const each = headsOf(inputs, attrs).map((head) => get(crossEntropy.forward(head), 'loss').data[0] ?? NaN);
    return { loss: tensor([1, attrs.heads], each) };
  },
  backward(): never {
    throw new Error('reference: the gradient is another op');
  },
};

/** dx of head h from dloss of head h. */
export const gradients = {
  forward(inputs: RefTensors, attrs: Attrs): RefTensors {
    const x = get(inputs, 'x');
    const [rows = 1, all = 1] = x.shape;
    const data = new Float64Array(x.data.length);
    headsOf(inputs, attrs).forEach((head, index) => {
      const dx: RefTensor = get(crossEntropy.backward(head, {}, { loss: get(inputs, `dloss${index}`) }), 'x');
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
