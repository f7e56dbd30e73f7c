// Convolutions and linear layers: one form in each case, so that one kernel answers for it.
import { slidingWindow, windowOutput, type Padding, type Pair, type Shape } from '../core/shape';
import { conv2dGradInput } from '../ops/conv2d';
import type { ConvProblem } from '../ops/conv/problem';
import { linear, linearFused, linearGradInput } from '../ops/linear';
import { convLayer } from './conv_layer';
import { opCase, type OpCase } from './op_check';

/** Float32 rounds sums of up to some hundred products a hundred times; a kernel that is wrong is so by far more. */
const tolerance = 1e-5;

interface Sizes {
  readonly name: string;
  readonly x: Shape;
  readonly out: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly padding?: Padding;
}

// Overhang, padding, several pictures and tiles; then strides, all that is not the same on both axes, odd channels.
const POINT: Sizes = { name: '1x1', x: [2, 16, 7, 5], out: 40, kernel: 1 };
const WIDE: Sizes = { name: '3x3', x: [3, 12, 9, 10], out: 72, kernel: 3, padding: 1 };
const STRIDED: Sizes = { name: 'stride 2', x: [2, 8, 9, 11], out: 12, kernel: 3, stride: 2, padding: 1 };
const UNEVEN: Sizes = {
  name: 'uneven',
  x: [2, 4, 7, 9],
  out: 8,
  kernel: [2, 5],
  stride: [1, 2],
  padding: [0, 3, 1, 2],
};
const ODD: Sizes = { name: 'odd channels', x: [2, 5, 7, 6], out: 7, kernel: 3, padding: 1 };
const ALL = [POINT, WIDE, STRIDED, UNEVEN, ODD];

const windowOf = ({ name, kernel, stride = 1, padding = 0 }: Sizes) =>
  slidingWindow(name, kernel, stride, padding);

const weightsOf = (sizes: Sizes): Shape => [sizes.out, sizes.x[1] ?? 1, ...windowOf(sizes).kernel];

const layer = (sizes: Sizes) => ({
  x: { shape: sizes.x },
  w: { shape: weightsOf(sizes) },
  b: { shape: [sizes.out] },
});

const forward = (sizes: Sizes, relu: boolean, first?: number): OpCase =>
  opCase(convLayer, {
    name: `conv2d/${sizes.name}, bias${relu ? ', ReLU' : ''}${first === undefined ? '' : ', two outputs'}`,
    inputs: layer(sizes),
    attrs: { window: windowOf(sizes), relu, ...(first !== undefined && { first }) },
    outputs: 'forward',
    tolerance,
  });

function backwardInput(sizes: Sizes): OpCase {
  const { name, x, out } = sizes;
  const window = windowOf(sizes);
  const [batch = 1, , height = 1, width = 1] = x;
  const dy = { shape: [batch, out, ...windowOutput(name, [height, width], window)] };
  const inputs = { dy, w: { shape: weightsOf(sizes) } };
  return {
    name: `conv2d/${name}, input gradient added and masked`,
    op: conv2dGradInput,
    // Many of a coarse mask are just 0.
    inputs: { ...inputs, add: { shape: x }, mask: { shape: x, values: 'coarse' } },
    attrs: { window, x, w: weightsOf(sizes) },
    outputs: 'backward_input',
    tolerance,
  };
}

const backwardWeight = (sizes: Sizes): OpCase =>
  opCase(convLayer, {
    name: `conv2d/${sizes.name}, gradients of weights and bias`,
    inputs: layer(sizes),
    attrs: { window: windowOf(sizes), relu: false },
    gradients: ['w', 'b'],
    gradientsBy: 'backward_weight',
    tolerance,
  });

const linearCases = (name: string, batch: number, features: number, out: number) => {
  const [x, w] = [{ shape: [batch, features] }, { shape: [out, features] }];
  return {
    forward: opCase(linearFused, {
      name: `linear/${name}, bias, ReLU`,
      inputs: { x, w, b: { shape: [out] } },
      attrs: { relu: true },
      outputs: 'forward',
      tolerance,
    }),
    backward_input: {
      name: `linear/${name}, input gradient added and masked`,
      op: linearGradInput,
      inputs: { dy: { shape: [batch, out] }, w, add: x, mask: { ...x, values: 'coarse' } },
      attrs: { x: { ...x, dtype: 'f32' } },
      outputs: 'backward_input',
      tolerance,
    },
    backward_weight: opCase(linear, {
      name: `linear/${name}, gradient of weights`,
      inputs: { x, w },
      attrs: {},
      gradients: ['w'],
      gradientsBy: 'backward_weight',
      tolerance,
    }),
  } as const satisfies Record<ConvProblem['form'], OpCase>;
};

const [even, odd] = [linearCases('vectors', 5, 24, 16), linearCases('odd', 3, 13, 5)];

/** Convolutions that every kernel of a form is tried on, as far as it can. */
export const CONVOLUTIONS: Readonly<Record<ConvProblem['form'], readonly OpCase[]>> = {
  forward: [
    forward(POINT, true, 8),
    forward(WIDE, true),
    forward(STRIDED, false),
    forward(UNEVEN, true),
    forward(ODD, true),
  ],
  backward_input: ALL.map(backwardInput),
  backward_weight: ALL.map(backwardWeight),
};

/** Linear layers are convolutions to the same kernels: the engine's choice is enough. */
export const LINEARS: readonly OpCase[] = [...Object.values(even), ...Object.values(odd)];
