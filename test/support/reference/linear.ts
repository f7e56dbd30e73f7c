import * as conv2d from './conv2d';
import { get, type RefTensor, type RefTensors } from './tensor';

interface Attrs {
  /** ReLU after the layer. */
  readonly relu?: boolean;
}

/** A linear layer is a 1x1 convolution of planes of one pixel; a flattened x is in PyTorch's order here. */
const WINDOW = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] } as const;

function asPlanes({ shape, data }: RefTensor): RefTensor {
  const [rows = 1] = shape;
  return { shape: [rows, data.length / rows, 1, 1], data };
}

function convolution(inputs: RefTensors): RefTensors {
  return { ...inputs, x: asPlanes(get(inputs, 'x')), w: asPlanes(get(inputs, 'w')) };
}

/** y[n,o] = b[o] + sum over f of x[n,f] * w[o,f], b optional. */
export function forward(inputs: RefTensors, { relu = false }: Attrs): RefTensors {
  const { y } = conv2d.forward(convolution(inputs), { window: WINDOW, relu });
  return { y: { shape: y.shape.slice(0, 2), data: y.data } };
}

export function backward(inputs: RefTensors, { relu = false }: Attrs, d: RefTensors): RefTensors {
  const dy = asPlanes(get(d, 'y'));
  const gradients = conv2d.backward(convolution(inputs), { window: WINDOW, relu }, { y: dy });
  return Object.fromEntries(
    Object.entries(gradients).map(([name, { data }]) => [name, { shape: get(inputs, name).shape, data }]),
  );
}
