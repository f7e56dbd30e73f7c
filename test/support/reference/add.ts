import { get, zip, type RefTensors } from './tensor';

/** y = x0 + x1. */
export function forward(inputs: RefTensors): RefTensors {
  return { y: zip(get(inputs, 'x0'), get(inputs, 'x1'), (a, b) => a + b) };
}

export function backward(_inputs: RefTensors, _attrs: unknown, d: RefTensors): RefTensors {
  return { x0: get(d, 'y'), x1: get(d, 'y') };
}
