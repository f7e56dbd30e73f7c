import type { Op, Order, TensorSpec, TypedNode, Value, View } from '../core/op';
import { ShapeError } from '../core/errors';
import { channelsOf } from '../core/rows';
import {
  formatShape,
  requireRank,
  roundUp,
  windowOutput,
  type Shape,
  type SlidingWindow,
} from '../core/shape';
import { PER_CHANNEL } from './bias';
import { touchesOf, viewed } from '../lowering/epilogue';
import { productMultiplyAdds } from '../lowering/multiply_adds';
import { requireFloat } from '../lowering/require';
import { lowerBackwardInput, lowerForward } from './conv/launch';
import { lowerBackwardWeight } from './conv/lower_weight';
import type { Geometry } from './conv/problem';

/** Attributes of a convolution. */
export interface Conv2dAttrs {
  readonly window: SlidingWindow;
}

/** Taps of a convolution's weights lie `roundUp(in, 4)` rows apart, so that any input can be read in vectors. */
export const tapRowsOf = (inputChannels: number): number => roundUp(inputChannels, 4);

/** A row for each tap and input channel, a column for each output channel. */
export const CONVOLUTION_WEIGHTS: Order = {
  name: 'weights of a convolution',
  shape: '(out, in, kh, kw)',
  padded: true,
  rows: ({ shape: [, inputs = 1, height = 1, width = 1] }) => height * width * tapRowsOf(inputs),
  columns: ({ shape: [out = 1] }) => out,
  axes({ shape: [out = 1, inputs = 1, height = 1, width = 1] }, stride) {
    const tap = tapRowsOf(inputs) * stride;
    return [
      { size: out, stride: 1 },
      { size: inputs, stride },
      { size: height, stride: width * tap },
      { size: width, stride: tap },
    ];
  },
};

function geometry(x: Shape, w: Shape, y: Shape, window: SlidingWindow): Geometry {
  const [batch = 1, inputChannels = 1, height = 1, width = 1] = x;
  const [, , outputHeight = 1, outputWidth = 1] = y;
  return {
    batch,
    x: { height, width, channels: inputChannels },
    y: { height: outputHeight, width: outputWidth, channels: w[0] ?? 1 },
    window,
    tapRows: tapRowsOf(inputChannels),
  };
}

function inferOutput(where: string, x: TensorSpec, w: TensorSpec, window: SlidingWindow): TensorSpec {
  requireFloat(where, { x, w });
  requireRank(where, 'x', x.shape, '(N, C, H, W)');
  requireRank(where, 'w', w.shape, '(out, in, kh, kw)');
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  const [out = 1, expected = 1, kernelHeight, kernelWidth] = w.shape;
  const [windowHeight, windowWidth] = window.kernel;
  if (channels !== expected || kernelHeight !== windowHeight || kernelWidth !== windowWidth) {
    const problem = `weights must be [out, ${channels}, ${windowHeight}, ${windowWidth}] for x ${formatShape(x.shape)}`;
    throw new ShapeError(where, problem, `w ${formatShape(w.shape)}`);
  }
  return { shape: [batch, out, ...windowOutput(where, [height, width], window)], dtype: 'f32' };
}

/**
 * y[n,o,i,j] = sum over c,h,w of x[n, c, i*stride + h - padding, j*stride + w - padding] * w[o,c,h,w], as PyTorch's
 * `conv2d`. x (N, C, H, W), w (out, C, kh, kw).
 */
export const conv2d: Op<'x' | 'w', 'y', Conv2dAttrs> = {
  name: 'conv2d',
  attributes: ['window'],
  orders: { w: CONVOLUTION_WEIGHTS },
  infer: (where, { x, w }, { window }) => ({ y: inferOutput(where, x, w, window) }),
  multiplyAdds: ({ inputs: { w }, outputs: { y } }) => productMultiplyAdds(w.shape, y),
  lower: ({ inputs: { x, w }, outputs: { y }, attrs }, views, target) =>
    lowerForward(
      {
        form: 'forward',
        geometry: geometry(x.shape, w.shape, y.shape, attrs.window),
        ...viewed({ x, w, y }, views),
        relu: false,
      },
      target,
    ),
  backward(builder, { inputs: { x, w }, attrs, label }, { y: dy }, wanted) {
    if (!dy) return {};
    const shapes = { window: attrs.window, x: x.shape, w: w.shape };
    return {
      ...(wanted.has('w') && { w: builder.apply(conv2dGradWeight, { x, dy }, shapes, label).dw }),
      ...(wanted.has('x') && { x: builder.apply(conv2dGradInput, { dy, w }, shapes, label).dx }),
    };
  },
};

/** Attributes of a convolution that also adds a bias, and rectifies where it is told to. */
export interface Conv2dFusedAttrs extends Conv2dAttrs {
  readonly relu: boolean;
  /** Shape of weights merged side by side, of which w is the first: the channels that y lacks go to output `rest`. */
  readonly merged?: Shape;
}

/** y = conv2d(x, w) + b, then ReLU if `relu`, in one kernel; the fusion pass makes it from the three. b (out). */
export const conv2dFused: Op<'x' | 'w' | 'b', 'y', Conv2dFusedAttrs> = {
  name: 'conv2d_fused',
  orders: { w: CONVOLUTION_WEIGHTS, b: PER_CHANNEL },
  infer: (where, { x, w }, { window }) => ({ y: inferOutput(where, x, w, window) }),
  multiplyAdds: ({ inputs: { w }, outputs: { y }, attrs }) => productMultiplyAdds(attrs.merged ?? w.shape, y),
  lower: ({ inputs: { x, w, b }, outputs, attrs }, views, target) => {
    const { y, rest }: { readonly y: Value; readonly rest?: Value } = outputs;
    const { rest: restView }: Readonly<Record<string, View | undefined>> = views;
    return lowerForward(
      {
        form: 'forward',
        geometry: geometry(x.shape, attrs.merged ?? w.shape, y.shape, attrs.window),
        ...viewed({ x, w, b, y }, views),
        relu: attrs.relu,
        ...(rest && restView && { rest: { value: rest, view: restView, first: channelsOf(y) } }),
      },
      target,
    );
  },
};

interface GradAttrs extends Conv2dAttrs {
  readonly x: Shape;
  /** Of all weights, where several lie merged and the node's is the first. */
  readonly w: Shape;
}

/** dx of conv2d. */
export const conv2dGradInput: Op<'dy' | 'w', 'dx', GradAttrs> = {
  name: 'conv2d_grad_input',
  orders: { w: CONVOLUTION_WEIGHTS },
  epilogue: { output: 'dx', inputs: ['add', 'mask'] },
  infer: (_where, _inputs, { x }) => ({ dx: { shape: x, dtype: 'f32' } }),
  multiplyAdds: ({ inputs: { dy }, attrs: { w } }) => productMultiplyAdds(w, dy),
  lower: ({ inputs, outputs: { dx }, attrs }, views, target) =>
    lowerBackwardInput(
      {
        form: 'backward_input',
        geometry: geometry(attrs.x, attrs.w, inputs.dy.shape, attrs.window),
        ...viewed({ dy: inputs.dy, w: inputs.w, dx }, views),
        ...touchesOf(inputs, views),
      },
      target,
    ),
};

/** Sizes of a convolution, from the node of its weights' gradient. */
export const gradientGeometry = ({
  inputs: { dy },
  attrs,
}: Pick<TypedNode<'x' | 'dy', 'dw', GradAttrs>, 'inputs' | 'attrs'>): Geometry =>
  geometry(attrs.x, attrs.w, dy.shape, attrs.window);

/** dw of conv2d. */
export const conv2dGradWeight: Op<'x' | 'dy', 'dw', GradAttrs> = {
  name: 'conv2d_grad_weight',
  orders: { dw: CONVOLUTION_WEIGHTS },
  infer: (_where, _inputs, { w }) => ({ dw: { shape: w, dtype: 'f32' } }),
  multiplyAdds: ({ inputs: { dy }, attrs: { w } }) => productMultiplyAdds(w, dy),
  lower: (
    { inputs: { x, dy }, outputs: { dw }, attrs }: TypedNode<'x' | 'dy', 'dw', GradAttrs>,
    views,
    target,
  ) =>
    lowerBackwardWeight(
      [
        {
          form: 'backward_weight',
          geometry: geometry(attrs.x, attrs.w, dy.shape, attrs.window),
          ...viewed({ x, dy, dw }, views),
        },
      ],
      target,
    ),
};
