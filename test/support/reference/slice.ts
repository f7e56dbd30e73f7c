import { get, zeros, type RefTensors } from './tensor';

interface Attrs {
  readonly first: number;
  readonly channels: number;
}

/** y = channels `first` to `first + channels - 1` of x. */
export function forward(inputs: RefTensors, { first, channels }: Attrs): RefTensors {
  const x = get(inputs, 'x');
  const [batch = 1, all = 1, height = 1, width = 1] = x.shape;
  const y = zeros(x.shape.with(1, channels));
  const plane = height * width;
  for (let n = 0; n < batch; n++) {
    const from = (n * all + first) * plane;
    y.data.set(x.data.subarray(from, from + channels * plane), n * channels * plane);
  }
  return { y };
}

export function backward(inputs: RefTensors, { first, channels }: Attrs, d: RefTensors): RefTensors {
  const dy = get(d, 'y');
  const dx = zeros(get(inputs, 'x').shape);
  const [batch = 1, all = 1, height = 1, width = 1] = dx.shape;
  const plane = height * width;
  for (let n = 0; n < batch; n++) {
    const part = dy.data.subarray(n * channels * plane, (n + 1) * channels * plane);
    dx.data.set(part, (n * all + first) * plane);
  }
  return { x: dx };
}
