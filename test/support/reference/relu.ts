import { get, zip, type RefTensors } from './tensor';

/** y = x where x is not negative, else 0; so a NaN stays. */
export function forward(inputs: RefTensors): RefTensors {
  const x = get(inputs, 'x');
  return { y: { shape: x.shape, data: x.data.map((value) => (value < 0 ? 0 : value)) } };
}

export function backward(inputs: RefTensors, _attrs: unknown, d: RefTensors): RefTensors {
  return { x: zip(get(inputs, 'x'), get(d, 'y'), (x, dy) => (x <= 0 ? 0 : dy)) };
}
