import { slidingWindow, type Pair, type Shape, type SlidingWindow } from '../../../core/shape';
import type { Draw, RandomUse } from './op_table';

/** One place of a sliding window that lies inside the plane: indices into x's and y's planes, and into the kernel. */
export interface Tap {
  readonly from: number;
  readonly to: number;
  readonly tap: number;
}

/** floor((size + padding before + padding after - kernel) / stride) + 1, for height and width. */
export function outputSize(
  [, , height = 1, width = 1]: Shape,
  window: SlidingWindow,
): readonly [number, number] {
  const [top, left, bottom, right] = window.padding;
  return [
    Math.floor((height + top + bottom - window.kernel[0]) / window.stride[0]) + 1,
    Math.floor((width + left + right - window.kernel[1]) / window.stride[1]) + 1,
  ];
}

/** All taps of all windows over one plane, windows and taps in row-major order; padding is left out. */
export function taps(shape: Shape, window: SlidingWindow): Tap[] {
  const [, , height = 1, width = 1] = shape;
  const [outputHeight, outputWidth] = outputSize(shape, window);
  const found: Tap[] = [];
  for (let i = 0; i < outputHeight; i++) {
    for (let j = 0; j < outputWidth; j++) {
      for (let r = 0; r < window.kernel[0]; r++) {
        for (let s = 0; s < window.kernel[1]; s++) {
          const h = i * window.stride[0] + r - window.padding[0];
          const w = j * window.stride[1] + s - window.padding[1];
          if (h < 0 || w < 0 || h >= height || w >= width) continue;
          found.push({ from: h * width + w, to: i * outputWidth + j, tap: r * window.kernel[1] + s });
        }
      }
    }
  }
  return found;
}

/** Kernel, stride and padding of a pool for planes of any size, alike on both axes or not. */
export function randomPool(draw: Draw, [, , height = 1, width = 1]: Shape): RandomUse {
  const kernel = [height, width].map((size) => 1 + draw.below(Math.min(5, size))) as [number, number];
  const stride: Pair = draw.pick([1, 1, 2, [2, 1] as const]);
  const padding = kernel.map((size) => draw.below(Math.floor(size / 2) + 1)) as [number, number];
  return { attrs: { window: slidingWindow('pool', kernel, stride, padding) } };
}
