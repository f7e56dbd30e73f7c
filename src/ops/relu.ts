import type { Op, NoAttrs } from '../core/op';
import shader from '../../shaders/relu.wgsl';
import { onePerNumber } from '../lowering/elementwise';
import { requireFeatures, specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/** y = max(x, 0), NaN where x is NaN. x (N, C, H, W) or (N, F), y as x. */
export const relu: Op<'x', 'y', NoAttrs> = {
  name: 'relu',
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
        ...onePerNumber(y, { x: views.x, y: views.y, dy: undefined }, target),
      },
    ],
  }),
  backward(builder, { outputs: { y }, label }, { y: dy }, wanted) {
    if (!dy || !wanted.has('x')) return {};
    return { x: builder.apply(reluGrad, { y, dy }, {}, label).dx };
  },
};

/** dx = dy where y > 0, else 0. */
export const reluGrad: Op<'y' | 'dy', 'dx', NoAttrs> = {
  name: 'relu_grad',
  infer(where, { y, dy }) {
    requireFloat(where, { y, dy });
    requireFeatures(where, { y, dy });
    return { dx: specOf(y) };
  },
  lower: ({ inputs: { y, dy }, outputs: { dx } }, views, target) => ({
    launches: [
      {
        shader,
        entry: 'backward',
        bind: { y_saved: y, dy, dx },
        ...onePerNumber(dx, { x: views.dx, y: views.y, dy: views.dy }, target),
      },
    ],
  }),
};
