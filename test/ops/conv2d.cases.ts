import { conv2d, conv2dFused } from '../../src/ops/conv2d';
import { slidingWindow, type Padding, type Pair, type Shape } from '../../src/core/shape';
import { opCase, type OpCase } from '../support/op_case';
import * as reference from '../support/reference/conv2d';

// Sums of K products round K times: in float32 the error grows like sqrt(K) * 6e-8 relative to a typical sum, and
// is measured relative to the largest. The longest sum here (a weight gradient) has 12,544 terms.
const tolerance = { relative: 3e-6, nmse: 1e-12 };

interface Options {
  readonly stride?: Pair;
  readonly padding?: Padding;
}

const conv = (
  name: string,
  x: Shape,
  out: number,
  kernel: Pair,
  { stride = 1, padding = 0 }: Options = {},
): OpCase => {
  const window = slidingWindow(name, kernel, stride, padding);
  return opCase(conv2d, {
    name: `conv2d/${name}`,
    inputs: { x: { shape: x }, w: { shape: [out, x[1] ?? 1, ...window.kernel] } },
    attrs: { window },
    reference,
    tolerance,
  });
};

const fused = (name: string, x: Shape, out: number, kernel: Pair, padding: Padding, relu: boolean): OpCase =>
  opCase(conv2dFused, {
    name: `conv2d_fused/${name}`,
    inputs: {
      x: { shape: x },
      w: { shape: [out, x[1] ?? 1, ...slidingWindow(name, kernel, 1, padding).kernel] },
      b: { shape: [out] },
    },
    attrs: { window: slidingWindow(name, kernel, 1, padding), relu },
    reference,
    gradients: [],
    tolerance,
  });

const same3 = { padding: 1 };
const same5 = { padding: 2 };

export const cases: readonly OpCase[] = [
  // One full-size case per kernel size; the other layers of Table 1 with smaller planes.
  conv('conv1 7x7/2, full size', [1, 3, 224, 224], 64, 7, { stride: 2, padding: 3 }),
  conv('reduce2 1x1, full size', [1, 64, 56, 56], 64, 1),
  conv('4e 3x3, full size', [1, 160, 14, 14], 320, 3, same3),
  conv('5a 5x5, full size', [1, 32, 7, 7], 128, 5, same5),
  conv('conv2 3x3', [1, 64, 14, 14], 192, 3, same3),
  conv('3a 3x3', [1, 96, 7, 7], 128, 3, same3),
  conv('3a 5x5', [2, 16, 9, 9], 32, 5, same5),
  conv('3b 5x5', [1, 32, 7, 7], 96, 5, same5),
  conv('4b 3x3', [1, 112, 7, 7], 224, 3, same3),
  conv('4b 5x5', [2, 24, 7, 7], 64, 5, same5),
  conv('3a 1x1 to 16', [2, 192, 7, 7], 16, 1),
  conv('4a 1x1', [2, 480, 4, 4], 192, 1),
  conv('4d 1x1', [1, 512, 7, 7], 112, 1),
  conv('5b 1x1', [3, 832, 3, 3], 48, 1),
  conv('aux 1x1', [2, 528, 4, 4], 128, 1),
  // Odd ones.
  conv('batch 3, 5x7 planes', [3, 8, 5, 7], 12, 3, same3),
  conv('long sums of ragged lines', [3, 4, 9, 17], 8, 3, same3),
  conv('odd channels', [3, 5, 5, 7], 7, 3, same3),
  conv('odd channels in', [2, 6, 5, 7], 8, 3, same3),
  conv('odd channels out', [2, 8, 5, 7], 10, 3, same3),
  conv('odd channels, 5x5', [2, 3, 6, 5], 5, 5, same5),
  conv('odd channels, 1x1', [2, 7, 5, 3], 9, 1),
  conv('odd channels, 7x7/2', [2, 3, 15, 13], 6, 7, { stride: 2, padding: 3 }),
  conv('one channel', [2, 1, 6, 6], 1, 3, same3),
  conv('one channel to 4', [2, 1, 6, 6], 4, 3, same3),
  conv('12 channels: half a tile', [2, 12, 5, 5], 12, 3, same3),
  conv('kernel above the plane', [2, 4, 2, 3], 4, 5, same5),
  conv('kernel above the plane, odd', [2, 3, 2, 2], 3, 5, same5),
  conv('one output pixel', [2, 8, 5, 5], 8, 5),
  conv('stride 2, odd sizes', [2, 8, 9, 11], 8, 3, { stride: 2, padding: 1 }),
  conv('stride 2, even sizes', [2, 4, 8, 6], 8, 3, { stride: 2, padding: 1 }),
  conv('stride 2, 1x1', [2, 8, 7, 5], 4, 1, { stride: 2 }),
  conv('stride 3 above the kernel', [2, 4, 9, 8], 4, 2, { stride: 3 }),
  conv('stride 2, odd channels', [2, 3, 9, 11], 5, 3, { stride: 2, padding: 1 }),
  conv('asymmetric padding', [2, 8, 6, 5], 8, [3, 2], { padding: [1, 0, 0, 1] }),
  conv('asymmetric everything', [2, 4, 7, 9], 8, [2, 5], { stride: [1, 2], padding: [0, 3, 1, 2] }),
  conv('asymmetric everything, odd', [2, 3, 7, 9], 5, [2, 5], { stride: [1, 2], padding: [0, 3, 1, 2] }),
  fused('3x3 with ReLU', [2, 16, 7, 7], 24, 3, 1, true),
  fused('3x3 without ReLU', [2, 16, 7, 7], 24, 3, 1, false),
  fused('1x1 odd with ReLU', [2, 7, 5, 5], 9, 1, 0, true),
];
