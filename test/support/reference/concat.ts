import * as slice from './slice';
import { get, zeros, type RefTensors } from './tensor';

const names = (inputs: RefTensors): string[] => Object.keys(inputs).map((_, index) => `x${index}`);

/** y = x0, x1, ... side by side along axis 1. */
export function forward(inputs: RefTensors): RefTensors {
  const tensors = names(inputs).map((name) => get(inputs, name));
  const channels = tensors.reduce((sum, { shape }) => sum + (shape[1] ?? 1), 0);
  const [first] = tensors;
  if (!first) throw new Error('reference: nothing to concatenate');
  const [batch = 1, , ...plane] = first.shape;
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
}

export function backward(inputs: RefTensors, _attrs: unknown, d: RefTensors): RefTensors {
  const gradients: Record<string, RefTensors[string]> = {};
  let first = 0;
  for (const name of names(inputs)) {
    const channels = get(inputs, name).shape[1] ?? 1;
    gradients[name] = get(slice.forward({ x: get(d, 'y') }, { first, channels }), 'y');
    first += channels;
  }
  return gradients;
}
