import type { Op, NoAttrs } from '../core/op';
import shader from '../../shaders/gelu.wgsl';
import { onePerNumber } from '../lowering/elementwise';
import { requireFeatures, specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/**
 * y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), as PyTorch's `gelu` with `approximate='tanh'`.
 * x (N, C, H, W) or (N, F), y as x.
 */
export const gelu: Op<'x', 'y', NoAttrs> = {
  name: 'gelu',
  attributes: [],
  infer(where, { x }) {
    requireFloat(where, { x });
    requireFeatures(where, { x });
    return { y: specOf(x) };
  },
  lower: ({ inputs: { x }, outputs: { y } }, views, target) => ({
    launches: [
      {
        shader,
        entry: 'forward',
        bind: { x, y },
        ...onePerNumber(y, { x: views.x, y: views.y, dx: undefined }, target),
      },
    ],
  }),
  backward(builder, { inputs: { x }, label }, { y: dy }, wanted) {
    if (!dy || !wanted.has('x')) return {};
    return { x: builder.apply(geluGrad, { x, dy }, {}, label).dx };
  },
};

/** dx = dy * dy/dx, from x: y alone does not tell on which side of the minimum it lies. */
export const geluGrad: Op<'x' | 'dy', 'dx', NoAttrs> = {
  name: 'gelu_grad',
  infer(where, { x, dy }) {
    requireFloat(where, { x, dy });
    requireFeatures(where, { x, dy });
    return { dx: specOf(x) };
  },
  lower: ({ inputs: { x, dy }, outputs: { dx } }, views, target) => ({
    launches: [
      {
        shader,
        entry: 'backward',
        bind: { x, dy, dx },
        ...onePerNumber(dx, { x: views.x, y: views.dy, dx: views.dx }, target),
      },
    ],
  }),
};
