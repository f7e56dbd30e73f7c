// What kernels of convolutions do beyond conv2d: the graph's rewrites ask for it, and the doctor.
import { slidingWindow, type Padding, type Pair, type Shape } from '../../core/shape';
import { conv2dFused } from '../conv2d';
import { channelsOf } from './concat';
import { reference, tolerance } from './conv2d';
import { convLayer, type ConvLayerAttrs } from './support/conv_layer';
import { doctorConvolutions, weightsOf, windowOf, type Sizes } from './support/doctor_convolutions';
import { opTable } from './support/op_table';
import { get, type Reference } from './support/tensor';

const inputs = (x: Shape, w: Shape) => ({ x: { shape: x }, w: { shape: w }, b: { shape: [w[0] ?? 1] } });

const fused = (name: string, x: Shape, out: number, kernel: Pair, padding: Padding, relu: boolean) => {
  const window = slidingWindow(name, kernel, 1, padding);
  return {
    name: `conv2d_fused/${name}`,
    inputs: inputs(x, [out, x[1] ?? 1, ...window.kernel]),
    attrs: { window, relu },
    gradients: [],
  };
};

/** All that is differentiable once it is written as convolution, bias and ReLU. */
const ALL = ['x', 'w', 'b'] as const;

/** The last channels are a second output. */
const layerReference: Reference<ConvLayerAttrs> = {
  forward(given, attrs) {
    const { y } = reference.forward(given, attrs);
    const { first } = attrs;
    if (first === undefined) return { y };
    const channels = (get(given, 'b').shape[0] ?? 1) - first;
    return { y: channelsOf(y, { first: 0, channels: first }), rest: channelsOf(y, { first, channels }) };
  },
  backward: (given, attrs, d) => reference.backward(given, attrs, d),
};

const split = (name: string, x: Shape, out: number, kernel: number, first: number, relu: boolean) => ({
  name: `conv2d_split/${name}`,
  inputs: inputs(x, [out, x[1] ?? 1, kernel, kernel]),
  attrs: { window: slidingWindow(name, kernel, 1, (kernel - 1) / 2), relu, first },
  gradients: [],
});

const forDoctor = (sizes: Sizes, relu: boolean, first?: number) => ({
  name: `conv2d/${sizes.name}, bias${relu ? ', ReLU' : ''}${first === undefined ? '' : ', two outputs'}`,
  inputs: inputs(sizes.x, weightsOf(sizes)),
  attrs: { window: windowOf(sizes), relu, ...(first !== undefined && { first }) },
  gradients: [],
  doctor: { outputs: 'forward' } as const,
});

const { point, wide, strided, uneven, odd } = doctorConvolutions;

const made = { random: 'a rewrite makes it', layer: 'a rewrite makes it' } as const;

export const tables = [
  opTable(conv2dFused, {
    ...made,
    reference,
    tolerance,
    noTorch: 'test/support/layer_cases.ts has it, written as convolution, bias and ReLU',
    cases: [
      fused('3x3 with ReLU', [2, 16, 7, 7], 24, 3, 1, true),
      fused('3x3 without ReLU', [2, 16, 7, 7], 24, 3, 1, false),
      fused('1x1 odd with ReLU', [2, 7, 5, 5], 9, 1, 0, true),
      {
        name: 'conv2d_fused/few',
        inputs: inputs([2, 2, 5, 4], [3, 2, 3, 2]),
        attrs: { window: slidingWindow('few', [3, 2], [2, 1], [1, 0, 0, 1]), relu: true },
        gradients: [],
        differences: ALL,
      },
    ],
  }),
  opTable(convLayer, {
    ...made,
    reference: layerReference,
    tolerance,
    cases: [
      split('1x1 with ReLU', [2, 16, 5, 5], 40, 1, 8, true),
      split('1x1 of a module', [1, 32, 7, 7], 176, 1, 64, true),
      split('3x3', [2, 8, 5, 7], 20, 3, 12, false),
      forDoctor(point, true, 8),
      forDoctor(wide, true),
      forDoctor(strided, false),
      forDoctor(uneven, true),
      forDoctor(odd, true),
      ...Object.values(doctorConvolutions).map((sizes) => ({
        name: `conv2d/${sizes.name}, gradients of weights and bias`,
        inputs: inputs(sizes.x, weightsOf(sizes)),
        attrs: { window: windowOf(sizes), relu: false },
        gradients: ['w', 'b'] as const,
        doctor: { gradients: 'backward_weight' } as const,
      })),
    ],
  }),
];
