import { slidingWindow, type Padding, type Pair, type Shape, type SlidingWindow } from '../../../core/shape';

export interface Sizes {
  readonly name: string;
  readonly x: Shape;
  readonly out: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly padding?: Padding;
}

/**
 * Convolutions that the doctor tries every kernel on, as far as it can: overhang, padding, several images and tiles;
 * then strides, all that is not the same on both axes, odd channels.
 */
export const doctorConvolutions = {
  point: { name: '1x1', x: [2, 16, 7, 5], out: 40, kernel: 1 },
  wide: { name: '3x3', x: [3, 12, 9, 10], out: 72, kernel: 3, padding: 1 },
  strided: { name: 'stride 2', x: [2, 8, 9, 11], out: 12, kernel: 3, stride: 2, padding: 1 },
  uneven: { name: 'uneven', x: [2, 4, 7, 9], out: 8, kernel: [2, 5], stride: [1, 2], padding: [0, 3, 1, 2] },
  odd: { name: 'odd channels', x: [2, 5, 7, 6], out: 7, kernel: 3, padding: 1 },
} as const satisfies Readonly<Record<string, Sizes>>;

export const windowOf = ({ name, kernel, stride = 1, padding = 0 }: Sizes): SlidingWindow =>
  slidingWindow(name, kernel, stride, padding);

export const weightsOf = (sizes: Sizes): Shape => [sizes.out, sizes.x[1] ?? 1, ...windowOf(sizes).kernel];
