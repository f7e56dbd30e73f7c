import type { Step } from '../../../core/step';
import { sizeOf, type Shape } from '../../../core/shape';

/**
 * A tensor of the references, in PyTorch's shape and order. Labels and positions are whole numbers. Float64 is the
 * definition; the same loops on float32, sums included, show how far float32 gets by itself.
 */
export interface RefTensor {
  readonly shape: Shape;
  readonly data: Float64Array | Float32Array;
}

export type RefTensors = Readonly<Record<string, RefTensor>>;

/**
 * What an op means, in loops that anybody can check. `step` matters to dropout alone.
 * `backward` takes the gradients of the outputs, by output, and gives those of the inputs, by input.
 */
export interface Reference<A = never> {
  forward(inputs: RefTensors, attrs: A, step: Step): RefTensors;
  backward(inputs: RefTensors, attrs: A, d: RefTensors, step: Step): RefTensors;
}

/** To add up in, in the precision of `like`. */
export const zeros = (shape: Shape, like?: RefTensor): RefTensor => {
  const Numbers = like?.data instanceof Float32Array ? Float32Array : Float64Array;
  return { shape, data: new Numbers(sizeOf(shape)) };
};

export const tensor = (shape: Shape, values: Iterable<number>): RefTensor => ({
  shape,
  data: Float64Array.from(values),
});

export function get(tensors: RefTensors, name: string): RefTensor {
  const found = tensors[name];
  if (!found) throw new Error(`reference: no tensor ${name}; there are ${Object.keys(tensors).join(', ')}`);
  return found;
}

/** Element by element; all tensors have the shape of the first. */
export function zip(first: RefTensor, second: RefTensor, f: (a: number, b: number) => number): RefTensor {
  return { shape: first.shape, data: first.data.map((a, index) => f(a, second.data[index] as number)) };
}

/** Channel of each element of (N, C, H, W) or (N, C), by its index in PyTorch's order. */
export function channelOf({
  shape: [, channels = 1, height = 1, width = 1],
}: RefTensor): (index: number) => number {
  return (index) => Math.floor(index / (height * width)) % channels;
}
