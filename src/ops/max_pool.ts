import type { Op } from '../core/op';
import shader from '../../shaders/max_pool.wgsl';
import { onePerThread, places } from './elementwise';
import { poolConstants, pooledShape, poolSizes, type PoolAttrs, type PoolGradAttrs } from './pool';

/**
 * y = maximum of each window, as PyTorch's `max_pool2d` (no ceil mode, no dilation); NaN wins. x (N, C, H, W).
 * argmax, shaped like y, is `h * W + w` of the maximum in x's plane; the first one wins, padding never does.
 * @throws {ShapeError} if the window does not fit, or padding is more than half the kernel.
 */
export const maxPool: Op<'x', 'y' | 'argmax', PoolAttrs> = {
  name: 'max_pool',
  infer(where, { x }, { window }) {
    const shape = pooledShape(where, x, window);
    return { y: { shape, dtype: 'f32' }, argmax: { shape, dtype: 'u32' } };
  },
  lower({ inputs: { x }, outputs: { y, argmax }, attrs }, views, target) {
    const sizes = poolSizes(x.shape, y.shape, y);
    const { constants, workgroups } = onePerThread(sizes.count, target);
    const train = !views.argmax.unread;
    return {
      launches: [
        {
          shader,
          entry: train ? 'forward' : 'forward_only',
          bind: train ? { x, y, argmax } : { x, y },
          params: { ...sizes, ...places({ x: views.x, y: views.y, argmax: views.argmax }) },
          constants: { ...constants, ...poolConstants(attrs.window) },
          workgroups,
        },
      ],
    };
  },
  backward(builder, { inputs: { x }, outputs: { argmax }, attrs, label }, { y: dy }, wanted) {
    if (!dy || !wanted.has('x')) return {};
    return { x: builder.apply(maxPoolGrad, { dy, argmax }, { window: attrs.window, x: x.shape }, label).dx };
  },
};

/** dx = sum of dy over the windows whose maximum this pixel was. */
export const maxPoolGrad: Op<'dy' | 'argmax', 'dx', PoolGradAttrs> = {
  name: 'max_pool_grad',
  infer: (_where, _inputs, { x }) => ({ dx: { shape: x, dtype: 'f32' } }),
  lower({ inputs: { dy, argmax }, outputs: { dx }, attrs }, views, target) {
    const sizes = poolSizes(dx.shape, dy.shape, dx);
    const { constants, workgroups } = onePerThread(sizes.count, target);
    return {
      launches: [
        {
          shader,
          entry: 'backward',
          bind: { dy, argmax_saved: argmax, dx },
          params: { ...sizes, ...places({ x: views.dx, y: views.dy, argmax: views.argmax }) },
          constants: { ...constants, ...poolConstants(attrs.window) },
          workgroups,
        },
      ],
    };
  },
};
