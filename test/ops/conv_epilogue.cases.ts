// What kernels of convolutions can do at their end beyond the ops of conv2d.cases.ts: the graph's rewrites ask for it.
import type { Op, TensorSpec } from '../../src/core/op';
import { slidingWindow, windowOutput, type Shape, type Window } from '../../src/core/shape';
import { lowerForward } from '../../src/ops/conv/launch';
import type { Geometry } from '../../src/ops/conv/problem';
import { tapRowsOf } from '../../src/ops/conv2d';
import { opCase, type OpCase } from '../support/op_case';
import { forward } from '../support/reference/conv2d';
import { get, type RefTensor } from '../support/reference/tensor';

const tolerance = { relative: 3e-6, nmse: 1e-12 };

interface SplitAttrs {
  readonly window: Window;
  readonly relu: boolean;
  /** Output channels from this one on go to `rest`. */
  readonly first: number;
}

function geometryOf(x: Shape, w: Shape, window: Window): Geometry {
  const [batch = 1, channels = 1, height = 1, width = 1] = x;
  const [yHeight, yWidth] = windowOutput('case', [height, width], window);
  return {
    batch,
    x: { height, width, channels },
    y: { height: yHeight, width: yWidth, channels: w[0] ?? 1 },
    window,
    tapRows: tapRowsOf(channels),
  };
}

/** conv2d_fused with two outputs: merged 1x1 convolutions write the first into a concatenation. */
const split: Op<'x' | 'w' | 'b', 'y' | 'rest', SplitAttrs> = {
  name: 'conv2d_split',
  weights: { w: 'convolution', b: 'bias' },
  infer: (_where, { x, w }, { window, first }) => {
    const { y } = geometryOf(x.shape, w.shape, window);
    const output = (channels: number): TensorSpec => ({
      shape: [x.shape[0] ?? 1, channels, y.height, y.width],
      dtype: 'f32',
    });
    return { y: output(first), rest: output(y.channels - first) };
  },
  lower: ({ inputs: { x, w, b }, outputs: { y, rest }, attrs }, views, target) =>
    lowerForward(
      {
        form: 'forward',
        geometry: geometryOf(x.shape, w.shape, attrs.window),
        x: { value: x, view: views.x },
        w: { value: w, view: views.w },
        b: { value: b, view: views.b },
        relu: attrs.relu,
        y: { value: y, view: views.y },
        rest: { value: rest, view: views.rest, first: attrs.first },
      },
      target,
    ),
};

/** Some channels of a tensor of pictures. */
function channels({ shape, data }: RefTensor, from: number, to: number): RefTensor {
  const [batch = 1, all = 1, height = 1, width = 1] = shape;
  const plane = height * width;
  const picture = (n: number) => [...data.subarray((n * all + from) * plane, (n * all + to) * plane)];
  const pictures = Array.from({ length: batch }, (_, n) => picture(n));
  return { shape: [batch, to - from, height, width], data: Float64Array.from(pictures.flat()) };
}

const splitCase = (
  name: string,
  x: Shape,
  out: number,
  kernel: number,
  first: number,
  relu: boolean,
): OpCase =>
  opCase(split, {
    name: `conv2d_split/${name}`,
    inputs: { x: { shape: x }, w: { shape: [out, x[1] ?? 1, kernel, kernel] }, b: { shape: [out] } },
    attrs: { window: slidingWindow(name, kernel, 1, (kernel - 1) / 2), relu, first },
    reference: {
      forward(inputs, attrs) {
        const { y } = forward(inputs, attrs);
        return {
          y: channels(y, 0, attrs.first),
          rest: channels(y, attrs.first, get(inputs, 'b').shape[0] ?? 1),
        };
      },
      backward: () => ({}),
    },
    gradients: [],
    tolerance,
  });

export const cases: readonly OpCase[] = [
  splitCase('1x1 with ReLU', [2, 16, 5, 5], 40, 1, 8, true),
  splitCase('1x1 of a module', [1, 32, 7, 7], 176, 1, 64, true),
  splitCase('3x3', [2, 8, 5, 7], 20, 3, 12, false),
];
