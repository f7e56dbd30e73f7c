import type { Op, Order, TensorSpec, TypedNode, NoAttrs } from '../core/op';
import { ShapeError } from '../core/errors';
import { planeAxes } from '../core/order';
import { formatShape, requireRank, slidingWindow, type Shape } from '../core/shape';
import { lowerBackwardInput, lowerForward } from './conv/launch';
import { lowerBackwardWeight } from './conv/lower_weight';
import type { Geometry } from './conv/problem';
import { PER_CHANNEL } from './bias';
import { touchesOf, viewed } from '../lowering/epilogue';
import { requireSameOrder } from '../lowering/features';
import { productMultiplyAdds } from '../lowering/multiply_adds';
import { requireFloat } from '../lowering/require';

const POINT = slidingWindow('linear', 1, 1, 0);

/** A row for each feature, in the order of a flattened plane's memory if it has one; a column for each output. */
export const LINEAR_WEIGHTS: Order = {
  name: 'weights of a linear layer',
  shape: '(out, F)',
  padded: true,
  rows: ({ shape: [, features = 1] }) => features,
  columns: ({ shape: [out = 1] }) => out,
  axes({ shape: [out = 1, features = 1], plane = [features, 1, 1] }, stride) {
    return [{ size: out, stride: 1 }, ...planeAxes(plane, stride)];
  },
};

/** A batch of features is one line of pixels, so a linear layer is a 1x1 convolution over it. */
function geometry([batch = 1, features = 1]: Shape, [out = 1]: Shape): Geometry {
  return {
    batch: 1,
    x: { height: 1, width: batch, channels: features },
    y: { height: 1, width: batch, channels: out },
    window: POINT,
    tapRows: features,
  };
}

function inferOutput(where: string, x: TensorSpec, w: TensorSpec): TensorSpec {
  requireFloat(where, { x, w });
  requireRank(where, 'x', x.shape, '(N, F)');
  requireRank(where, 'w', w.shape, '(out, F)');
  const [batch = 1, features = 1] = x.shape;
  const [out = 1, expected] = w.shape;
  if (features !== expected) {
    const got = `w ${formatShape(w.shape)}`;
    throw new ShapeError(where, `weights must be [out, ${features}] for x ${formatShape(x.shape)}`, got);
  }
  requireSameOrder(where, { x, w }, 'declare the weights with the plane of x');
  return { shape: [batch, out], dtype: 'f32' };
}

/** y[n,o] = sum over f of x[n,f] * w[o,f]. x (N, F), w (out, F), as PyTorch's `linear`. */
export const linear: Op<'x' | 'w', 'y', NoAttrs> = {
  name: 'linear',
  attributes: [],
  orders: { w: LINEAR_WEIGHTS },
  infer: (where, { x, w }) => ({ y: inferOutput(where, x, w) }),
  multiplyAdds: ({ inputs: { w }, outputs: { y } }) => productMultiplyAdds(w.shape, y),
  lower: ({ inputs: { x, w }, outputs: { y } }, views, target) =>
    lowerForward(
      {
        form: 'forward',
        geometry: geometry(x.shape, w.shape),
        ...viewed({ x, w, y }, views),
        relu: false,
      },
      target,
    ),
  backward(builder, { inputs: { x, w }, label }, { y: dy }, wanted) {
    if (!dy) return {};
    return {
      ...(wanted.has('w') && { w: builder.apply(linearGradWeight, { x, dy }, { w }, label).dw }),
      ...(wanted.has('x') && { x: builder.apply(linearGradInput, { dy, w }, { x }, label).dx }),
    };
  },
};

/** y = linear(x, w) + b, then ReLU if `relu`, in one kernel; the fusion pass makes it from the three. b (out). */
export const linearFused: Op<'x' | 'w' | 'b', 'y', { readonly relu: boolean }> = {
  name: 'linear_fused',
  orders: { w: LINEAR_WEIGHTS, b: PER_CHANNEL },
  infer: (where, { x, w }) => ({ y: inferOutput(where, x, w) }),
  multiplyAdds: ({ inputs: { w }, outputs: { y } }) => productMultiplyAdds(w.shape, y),
  lower: ({ inputs: { x, w, b }, outputs: { y }, attrs }, views, target) =>
    lowerForward(
      {
        form: 'forward',
        geometry: geometry(x.shape, w.shape),
        ...viewed({ x, w, b, y }, views),
        relu: attrs.relu,
      },
      target,
    ),
};

/** dx of linear; `x` is x's own shape and order of features. */
export const linearGradInput: Op<'dy' | 'w', 'dx', { readonly x: TensorSpec }> = {
  name: 'linear_grad_input',
  orders: { w: LINEAR_WEIGHTS },
  epilogue: { output: 'dx', inputs: ['add', 'mask'] },
  infer: (_where, _inputs, { x: { shape, plane } }) => ({
    dx: { shape, dtype: 'f32', ...(plane && { plane }) },
  }),
  multiplyAdds: ({ inputs: { dy, w } }) => productMultiplyAdds(w.shape, dy),
  lower: ({ inputs, outputs: { dx } }, views, target) =>
    lowerBackwardInput(
      {
        form: 'backward_input',
        geometry: geometry(dx.shape, inputs.w.shape),
        ...viewed({ dy: inputs.dy, w: inputs.w, dx }, views),
        ...touchesOf(inputs, views),
      },
      target,
    ),
};

/** Sizes of a linear layer as a convolution, from the node of its weights' gradient. */
export const gradientGeometry = ({
  inputs: { x },
  outputs: { dw },
}: Pick<TypedNode<'x' | 'dy', 'dw', unknown>, 'inputs' | 'outputs'>): Geometry => geometry(x.shape, dw.shape);

/** dw of linear; `w` is w's own shape and order of features. */
export const linearGradWeight: Op<'x' | 'dy', 'dw', { readonly w: TensorSpec }> = {
  name: 'linear_grad_weight',
  orders: { dw: LINEAR_WEIGHTS },
  infer: (_where, _inputs, { w: { shape, plane } }) => ({
    dw: { shape, dtype: 'f32', ...(plane && { plane }) },
  }),
  multiplyAdds: ({ inputs: { dy }, outputs: { dw } }) => productMultiplyAdds(dw.shape, dy),
  lower: ({ inputs: { x, dy }, outputs: { dw } }, views, target) =>
    lowerBackwardWeight(
      [
        {
          form: 'backward_weight',
          geometry: geometry(x.shape, dw.shape),
          ...viewed({ x, dy, dw }, views),
        },
      ],
      target,
    ),
};
