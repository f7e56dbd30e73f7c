import type { TensorSpec, View } from '../core/op';
import { isTyped } from '../core/check';
import { gather, orderOf, scatter } from '../core/order';
import { rowsOf } from '../core/rows';
import { sizeOf } from '../core/shape';
import { atOnce } from '../core/slices';

// The face speaks PyTorch's order, (N, C, H, W); memory holds rows of channels. Data changes from the one to the other here.

type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** What was made for a tensor's bytes, to be used again for its next ones. */
export type Staged = Map<TensorSpec, Numbers>;

/** The bytes a tensor's own memory holds for `data`, given in PyTorch's order; `data` itself if they are the same. */
export function toMemory(
  spec: TensorSpec,
  { stride, offset }: View,
  data: ArrayLike<number>,
  staged: Staged,
): Float32Array | Uint32Array {
  if (spec.dtype === 'u32' && stride + offset === 1 && isTyped(data, 'Uint32Array')) return data;
  const memory = staged.get(spec) ?? zeros(spec, offset + rowsOf(spec) * stride);
  staged.set(spec, memory);
  atOnce(scatter(orderOf(spec).axes(spec, stride), data, memory, offset));
  return memory;
}

const zeros = ({ dtype }: TensorSpec, size: number): Numbers =>
  dtype === 'f32' ? new Float32Array(size) : new Uint32Array(size);

/** A tensor in PyTorch's order, out of the memory of its root. */
export function fromMemory(spec: TensorSpec, { stride, offset }: View, memory: ArrayBuffer): Numbers {
  const source = spec.dtype === 'f32' ? new Float32Array(memory) : new Uint32Array(memory);
  const data = zeros(spec, sizeOf(spec.shape));
  atOnce(gather(orderOf(spec).axes(spec, stride), source, data, offset));
  return data;
}
