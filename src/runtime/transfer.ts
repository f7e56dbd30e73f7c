import type { TensorSpec, View } from '../core/op';
import { rowsOf } from '../core/rows';
import { sizeOf } from '../core/shape';

/**
 * The face speaks PyTorch's order, (N, C, H, W); memory holds rows of channels. These two conversions are the only
 * place where the one becomes the other.
 */

/** For a tensor's flat index in PyTorch's order: row and channel in memory. */
function position({ shape, plane }: TensorSpec): (index: number) => readonly [row: number, channel: number] {
  const [, channels = 1, height = 1, width = 1] = shape;
  const pixels = height * width;
  if (plane) {
    // A flattened plane: a row is a picture, its features ordered height, width, channel.
    const [planeChannels, planeHeight, planeWidth] = plane;
    const planePixels = planeHeight * planeWidth;
    return (index) => {
      const feature = index % channels;
      const pixel = feature % planePixels;
      return [Math.floor(index / channels), pixel * planeChannels + Math.floor(feature / planePixels)];
    };
  }
  return (index) => {
    const pixel = index % pixels;
    const plane = Math.floor(index / pixels);
    return [Math.floor(plane / channels) * pixels + pixel, plane % channels];
  };
}

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
  if (spec.dtype === 'u32' && stride + offset === 1 && data instanceof Uint32Array) return data;
  const memory = staged.get(spec) ?? zeros(spec, offset + rowsOf(spec) * stride);
  staged.set(spec, memory);
  if (spec.shape.length === 4) planesToRows(spec, stride, data, memory.subarray(offset));
  else {
    const at = position(spec);
    for (let index = 0; index < data.length; index++) {
      const [row, channel] = at(index);
      memory[offset + row * stride + channel] = data[index]!;
    }
  }
  return memory;
}

const zeros = ({ dtype }: TensorSpec, size: number): Numbers =>
  dtype === 'f32' ? new Float32Array(size) : new Uint32Array(size);

/** Pictures, which are uploaded at each step: no arithmetic per number but additions. */
function planesToRows({ shape }: TensorSpec, stride: number, data: ArrayLike<number>, memory: Numbers): void {
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  const pixels = height * width;
  let from = 0;
  for (let n = 0; n < batch; n++) {
    for (let channel = 0; channel < channels; channel++) {
      let to = n * pixels * stride + channel;
      for (let pixel = 0; pixel < pixels; pixel++, to += stride) memory[to] = data[from++]!;
    }
  }
}

/** A tensor in PyTorch's order, out of the memory of its root. */
export function fromMemory(spec: TensorSpec, { stride, offset }: View, memory: ArrayBuffer): Numbers {
  const source = spec.dtype === 'f32' ? new Float32Array(memory) : new Uint32Array(memory);
  const size = sizeOf(spec.shape);
  const data = zeros(spec, size);
  const at = position(spec);
  for (let index = 0; index < size; index++) {
    const [row, channel] = at(index);
    data[index] = source[offset + row * stride + channel] as number;
  }
  return data;
}
