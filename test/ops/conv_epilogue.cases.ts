// What kernels of convolutions can do at their end beyond the ops of conv2d.cases.ts: the graph's rewrites ask for it.
import { slidingWindow, type Shape } from '../../src/core/shape';
import { convLayer } from '../../src/doctor/conv_layer';
import { opCase, type OpCase } from '../support/op_case';
import { forward } from '../support/reference/conv2d';
import { get, type RefTensor } from '../support/reference/tensor';

const tolerance = { relative: 3e-6, nmse: 1e-12 };

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
  opCase(convLayer, {
    name: `conv2d_split/${name}`,
    inputs: { x: { shape: x }, w: { shape: [out, x[1] ?? 1, kernel, kernel] }, b: { shape: [out] } },
    attrs: { window: slidingWindow(name, kernel, 1, (kernel - 1) / 2), relu, first },
    reference: {
      forward(inputs, attrs) {
        const { y } = forward(inputs, attrs);
        return {
          y: channels(y, 0, first),
          rest: channels(y, first, get(inputs, 'b').shape[0] ?? 1),
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
