import type { Launch, Target, TensorSpec, View } from '../core/op';
import { ShapeError } from '../core/errors';
import { formatShape, requireRank, windowOutput, type Shape, type SlidingWindow } from '../core/shape';
import { onePerNumber } from './elementwise';
import { requireFloat } from './require';

/** Attributes of a pooling op. */
export interface PoolAttrs {
  readonly window: SlidingWindow;
}

export interface PoolGradAttrs extends PoolAttrs {
  /** Shape of the tensor that was pooled. */
  readonly x: Shape;
}

/**
 * Shape of a pooled x (N, C, H, W).
 * @throws {ShapeError} if the window does not fit, or padding is more than half the kernel: as in PyTorch, so that
 * no window lies in the padding alone.
 */
export function pooledShape(where: string, x: TensorSpec, window: SlidingWindow): Shape {
  requireFloat(where, { x });
  requireRank(where, 'x', x.shape, '(N, C, H, W)');
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  const { kernel, padding } = window;
  if (padding.some((side, index) => 2 * side > (kernel[index % 2] ?? 0))) {
    const got = `padding ${formatShape(padding)} for x ${formatShape(x.shape)}`;
    throw new ShapeError(where, `padding must be at most half of the ${kernel[0]}x${kernel[1]} kernel`, got);
  }
  return [batch, channels, ...windowOutput(where, [height, width], window)];
}

/**
 * All of a pooling kernel's launch but its shader and its tensors; `written` is the tensor that it writes.
 * @param vectors what replaces the shader's aliases where channels go in vectors
 */
export function launchPool(
  { kernel, stride, padding }: SlidingWindow,
  { x, y, written }: { x: Shape; y: Shape; written: TensorSpec },
  views: Readonly<Record<string, View | undefined>>,
  target: Target,
  vectors?: Readonly<Record<string, string>>,
): Pick<Launch, 'params' | 'constants' | 'variant' | 'workgroups'> {
  const [, , xHeight = 1, xWidth = 1] = x;
  const [, , yHeight = 1, yWidth = 1] = y;
  const [KERNEL_H, KERNEL_W] = kernel;
  const [STRIDE_H, STRIDE_W] = stride;
  const [PAD_TOP, PAD_LEFT] = padding;
  const launch = onePerNumber(written, views, target, vectors);
  return {
    ...launch,
    params: { ...launch.params, x_h: xHeight, x_w: xWidth, y_h: yHeight, y_w: yWidth },
    constants: { ...launch.constants, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT },
  };
}
