import { channelOf, get, zeros, type RefTensors } from './tensor';

/** y[n,c,...] = x[n,c,...] + b[c]. */
export function forward(inputs: RefTensors): RefTensors {
  const x = get(inputs, 'x');
  const b = get(inputs, 'b');
  const channel = channelOf(x);
  const data = x.data.map((value, index) => value + (b.data[channel(index)] as number));
  return { y: { shape: x.shape, data } };
}

export function backward(inputs: RefTensors, _attrs: unknown, d: RefTensors): RefTensors {
  const dy = get(d, 'y');
  const db = zeros(get(inputs, 'b').shape, dy);
  const channel = channelOf(dy);
  dy.data.forEach((value, index) => {
    const c = channel(index);
    db.data[c] = (db.data[c] as number) + value;
  });
  return { x: dy, b: db };
}
