import type { Axis, Order, TensorSpec } from './op';
import { channelsOf, rowsOf } from './rows';
import type { Sliced } from './slices';

/** Rows of channels: how activations lie, and any variable whose order is not given. */
export const ROWS: Order = {
  name: 'rows of channels',
  rows: rowsOf,
  columns: channelsOf,
  axes({ shape, plane }, stride) {
    const [batch = 1, features = 1, height, width = 1] = shape;
    const rows = { size: batch, stride };
    if (shape.length < 2) return [rows];
    if (height !== undefined) {
      const pixels = [
        { size: height, stride: width * stride },
        { size: width, stride },
      ];
      return [{ size: batch, stride: height * width * stride }, { size: features, stride: 1 }, ...pixels];
    }
    return plane ? [rows, ...planeAxes(plane, 1)] : [rows, { size: features, stride: 1 }];
  },
};

/** Axes of a flattened plane, whose memory keeps the order height, width, channels. */
export const planeAxes = (
  [channels, height, width]: NonNullable<TensorSpec['plane']>,
  stride: number,
): Axis[] => [
  { size: channels, stride },
  { size: height, stride: width * channels * stride },
  { size: width, stride: channels * stride },
];

/** The order of a tensor; see `TensorSpec.order`. */
export const orderOf = ({ order = ROWS }: TensorSpec): Order => order;

/** Numbers that are moved at a stretch: a few milliseconds, where each lands far from the one before. */
const SLICE = 2 ** 18;

type Move = (index: number, place: number, count: number, step: number) => void;

/** Calls `move` for each run of numbers that lie evenly apart, in PyTorch's order. */
function* walk(axes: readonly Axis[], offset: number, move: Move): Sliced<void> {
  const one = { size: 1, stride: 0 };
  const long = axes.filter(({ size }) => size > 1);
  const [a, b, c, d] = [one, one, one, one, ...long].slice(-4) as [Axis, Axis, Axis, Axis];
  let [index, since] = [0, 0];
  for (let i = 0; i < a.size; i++) {
    for (let j = 0; j < b.size; j++) {
      for (let k = 0; k < c.size; k++, index += d.size) {
        move(index, offset + i * a.stride + j * b.stride + k * c.stride, d.size, d.stride);
      }
      since += c.size * d.size;
      if (since < SLICE) continue;
      since = 0;
      yield;
    }
  }
}

interface Numbers {
  readonly length: number;
  [index: number]: number;
}

/** Puts numbers given in PyTorch's order where they belong in memory. */
export const scatter = (
  axes: readonly Axis[],
  values: Readonly<ArrayLike<number>>,
  memory: Numbers,
  offset = 0,
): Sliced<void> =>
  walk(axes, offset, (index, place, count, step) => {
    for (let at = 0; at < count; at++) memory[place + at * step] = values[index + at]!;
  });

/** Fills `values` with a tensor's numbers, in PyTorch's order, out of memory. */
export const gather = (
  axes: readonly Axis[],
  memory: Readonly<ArrayLike<number>>,
  values: Numbers,
  offset = 0,
): Sliced<void> =>
  walk(axes, offset, (index, place, count, step) => {
    for (let at = 0; at < count; at++) values[index + at] = memory[place + at * step]!;
  });
