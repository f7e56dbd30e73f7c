import type { Op, TensorSpec } from '../core/op';
import { channelsOf, rowsOf } from '../core/rows';
import shader from '../../shaders/relu.wgsl';
import { onePerThread, places } from './elementwise';
import { requireFeatures, specOf } from './features';
import { requireFloat } from './require';

type NoAttrs = Readonly<Record<string, never>>;

const sizes = (tensor: TensorSpec) => ({
  count: rowsOf(tensor) * channelsOf(tensor),
  channels: channelsOf(tensor),
});

/** y = max(x, 0), NaN where x is NaN. x (N, C, H, W) or (N, F), y as x. */
export const relu: Op<'x', 'y', NoAttrs> = {
  name: 'relu',
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
        params: { ...sizes(x), ...places({ x: views.x, y: views.y, dy: undefined }) },
        ...onePerThread(sizes(x).count, target),
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
        params: { ...sizes(y), ...places({ x: views.dx, y: views.y, dy: views.dy }) },
        ...onePerThread(sizes(y).count, target),
      },
    ],
  }),
};
