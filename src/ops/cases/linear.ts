import type { TensorSpec } from '../../core/op';
import { linear, linearFused, linearGradInput } from '../linear';
import { reference as convolution } from './conv2d';
import { opTable } from './support/op_table';
import { get, zeros, type Reference, type RefTensor, type RefTensors } from './support/tensor';
import { touched, touchedReference, TOUCHES } from './support/touched';

interface Attrs {
  /** ReLU after the layer. */
  readonly relu?: boolean;
}

/** A linear layer is a 1x1 convolution of planes of one pixel; a flattened x is in PyTorch's order here. */
const WINDOW = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] } as const;

function asPlanes({ shape, data }: RefTensor): RefTensor {
  const [rows = 1] = shape;
  return { shape: [rows, data.length / rows, 1, 1], data };
}

const planes = (inputs: RefTensors): RefTensors => ({
  ...inputs,
  x: asPlanes(get(inputs, 'x')),
  w: asPlanes(get(inputs, 'w')),
});

/** y[n,o] = b[o] + sum over f of x[n,f] * w[o,f], b optional. */
const reference: Reference<Attrs> = {
  forward(inputs, { relu = false }) {
    const { y } = convolution.forward(planes(inputs), { window: WINDOW, relu });
    return { y: { shape: y.shape.slice(0, 2), data: y.data } };
  },
  backward(inputs, { relu = false }, d) {
    const dy = asPlanes(get(d, 'y'));
    const gradients = convolution.backward(planes(inputs), { window: WINDOW, relu }, { y: dy });
    return Object.fromEntries(
      Object.entries(gradients).map(([name, { data }]) => [name, { shape: get(inputs, name).shape, data }]),
    );
  },
};

const gradInput = touchedReference('dx', (inputs, { x: { shape } }: { readonly x: TensorSpec }) => {
  const d = { y: asPlanes(get(inputs, 'dy')) };
  const given = planes({ x: zeros(shape), w: get(inputs, 'w') });
  return { shape, data: get(convolution.backward(given, { window: WINDOW }, d), 'x').data };
});

const of = (name: string, batch: number, features: number, out: number) => ({
  name: `linear/${name}`,
  inputs: { x: { shape: [batch, features] }, w: { shape: [out, features] } },
  attrs: {},
});

const withTorch = (name: string, batch: number, features: number, out: number) => ({
  ...of(name, batch, features, out),
  torch: 'F.linear(x, w)',
});

const fused = (name: string, batch: number, features: number, out: number) => ({
  name,
  inputs: { ...of(name, batch, features, out).inputs, b: { shape: [out] } },
  attrs: { relu: true },
  gradients: [],
});

const added = (name: string, batch: number, features: number, out: number) => {
  const x: TensorSpec = { shape: [batch, features], dtype: 'f32' };
  const inputs = { dy: { shape: [batch, out] }, w: { shape: [out, features] } };
  return touched({ name, inputs, attrs: { x } }, x.shape, TOUCHES);
};

// As conv2d's: sums of up to 2048 products.
const tolerance = { relative: 3e-6, nmse: 1e-12 };

const forward = { outputs: 'forward' } as const;
const backwardInput = { outputs: 'backward_input' } as const;
const backwardWeight = { gradients: ['w'] as const, doctor: { gradients: 'backward_weight' } as const };

export const tables = [
  opTable(linear, {
    reference,
    tolerance,
    random: 'reads features; every random graph has one at each of its ends',
    layer: { further: [{ features: 4 }], x: [2, 12] },
    cases: [
      of('linear5', 2, 1024, 1000),
      of('aux fc3', 2, 2048, 1024),
      of('ten classes', 32, 128, 10),
      of('odd', 3, 7, 5),
      of('one', 1, 1, 1),
      of('batch of 300', 300, 8, 12),
      of('few', 3, 4, 5),
      withTorch('no bias', 4, 24, 12),
      withTorch('odd, no bias', 3, 13, 5),
      { ...of('vectors, gradient of weights', 5, 24, 16), ...backwardWeight },
      { ...of('odd, gradient of weights', 3, 13, 5), ...backwardWeight },
    ],
  }),
  opTable(linearFused, {
    reference,
    tolerance,
    random: 'a rewrite makes it',
    layer: 'a rewrite makes it',
    noTorch: 'test/support/layer_cases.ts has it, written as linear, bias and ReLU',
    cases: [
      fused('linear_fused/with ReLU', 5, 24, 16),
      { ...fused('linear_fused/few', 3, 4, 5), differences: ['x', 'w', 'b'] as const },
      { ...fused('linear/vectors, bias, ReLU', 5, 24, 16), doctor: forward },
      { ...fused('linear/odd, bias, ReLU', 3, 13, 5), doctor: forward },
    ],
  }),
  opTable(linearGradInput, {
    reference: gradInput,
    tolerance,
    random: 'a gradient',
    layer: 'a gradient',
    cases: [
      added('linear_grad_input/to 16', 3, 24, 16),
      added('linear_grad_input/odd', 3, 13, 5),
      { ...added('linear/vectors, input gradient', 5, 24, 16), doctor: backwardInput },
      { ...added('linear/odd, input gradient', 3, 13, 5), doctor: backwardInput },
    ],
  }),
];
