import { requireText, shown } from './check';
import { ShapeError } from './errors';

/** Sizes as PyTorch writes them: images (N, C, H, W), features (N, F), labels (N). */
export type Shape = readonly number[];

/** One number for both axes, or `[height, width]`. */
export type Pair = number | readonly [height: number, width: number];

/** One number for all sides, `[height, width]`, or `[top, left, bottom, right]`. */
export type Padding =
  | number
  | readonly [vertical: number, horizontal: number]
  | readonly [top: number, left: number, bottom: number, right: number];

/** A window that moves over a plane, with all of its sizes written out: see `slidingWindow`. */
export interface SlidingWindow {
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [height: number, width: number];
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
}

/** How many numbers a tensor of this `shape` has. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

/** A `shape` as errors show it: `[2, 3, 5, 7]`. */
export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** Whether `a` and `b` have the same sizes in the same order. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** Smallest multiple of `step` that is not below `value`. */
export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

const isNumbers = (value: unknown, lengths: readonly number[]): boolean =>
  Array.isArray(value) && lengths.includes(value.length);

function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

function sides(value: Padding): readonly [number, number, number, number] {
  if (typeof value === 'number') return [value, value, value, value];
  return value.length === 2 ? [value[0], value[1], value[0], value[1]] : value;
}

/**
 * Normalises the options of a sliding window.
 * @param where named in errors, such as the name of the layer
 * @param kernel height and width of the window, or one number for both
 * @param stride how far it moves, down and to the right, or one number for both
 * @param padding zeros around the plane: one number, or top, left, bottom and right
 * @throws {ShapeError} if a number is not a whole number, or a kernel or stride is below 1.
 */
export function slidingWindow(where: string, kernel: Pair, stride: Pair, padding: Padding): SlidingWindow {
  requireText('slidingWindow', 'where', where);
  const isPair = (value: unknown): boolean => typeof value === 'number' || isNumbers(value, [2]);
  if (!isPair(kernel) || !isPair(stride) || !(typeof padding === 'number' || isNumbers(padding, [2, 4]))) {
    const got = `kernel ${shown(kernel)}, stride ${shown(stride)}, padding ${shown(padding)}`;
    throw new ShapeError(where, 'kernel and stride must be one number or two, padding one, two or four', got);
  }
  const window = { kernel: pair(kernel), stride: pair(stride), padding: sides(padding) };
  const whole = (values: readonly number[], least: number) =>
    Array.from(values).every((value) => Number.isInteger(value) && value >= least);
  if (!whole(window.kernel, 1) || !whole(window.stride, 1) || !whole(window.padding, 0)) {
    throw new ShapeError(
      where,
      'kernel and stride must be whole numbers from 1, padding from 0',
      `kernel ${formatShape(window.kernel)}, stride ${formatShape(window.stride)}, padding ${formatShape(window.padding)}`,
    );
  }
  return window;
}

/**
 * Height and width after a sliding window, rounded down as PyTorch does:
 * `floor((size + padding before + padding after - kernel) / stride) + 1`.
 * @param where what errors begin with
 * @throws {ShapeError} if the window does not fit once.
 */
export function windowOutput(
  where: string,
  size: readonly [height: number, width: number],
  { kernel, stride, padding }: SlidingWindow,
): readonly [height: number, width: number] {
  const [top, left, bottom, right] = padding;
  const height = Math.floor((size[0] + top + bottom - kernel[0]) / stride[0]) + 1;
  const width = Math.floor((size[1] + left + right - kernel[1]) / stride[1]) + 1;
  if (height < 1 || width < 1) {
    const problem = `a ${kernel[0]}x${kernel[1]} window with padding ${formatShape(padding)} does not fit`;
    const got = `a plane of ${size[0]}x${size[1]}`;
    throw new ShapeError(where, problem, got, 'use a larger input or a smaller window');
  }
  return [height, width];
}

/**
 * For ops that take tensors of one rank.
 * @param where what errors begin with, such as the name of the layer
 * @param name of the tensor, for errors
 * @param shape of the tensor
 * @param expected its sizes by name
 * @throws {ShapeError} unless `shape` has the rank that `expected` names, for example `'(N, C, H, W)'`, and only
 * positive whole sizes.
 */
export function requireRank(where: string, name: string, shape: Shape, expected: string): void {
  const rank = expected === '()' ? 0 : expected.split(',').length;
  if (!Array.isArray(shape)) throw new ShapeError(where, `${name} must be ${expected}`, shown(shape));
  const positive =
    Array.from(shape).every((length) => Number.isInteger(length) && length > 0) &&
    Number.isSafeInteger(sizeOf(shape));
  if (shape.length !== rank || !positive) {
    const numbers = Array.from(shape).every((length) => typeof length === 'number');
    throw new ShapeError(where, `${name} must be ${expected}`, numbers ? formatShape(shape) : shown(shape));
  }
}
