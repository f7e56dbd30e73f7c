import type { Op } from '../core/op';
import shader from '../../shaders/avg_pool.wgsl';
import { launchTouches, touchesOf, UNTOUCHED } from '../lowering/epilogue';
import { launchPool, pooledShape, type PoolAttrs, type PoolGradAttrs } from '../lowering/pool';

/**
 * y = mean of each window, as PyTorch's `avg_pool2d` with its default `count_include_pad`: padding counts as zeros,
 * the divisor is the window's size. x (N, C, H, W).
 * @throws {ShapeError} if the window does not fit, or padding is more than half the kernel.
 */
export const avgPool: Op<'x', 'y', PoolAttrs> = {
  name: 'avg_pool',
  attributes: ['window'],
  infer: (where, { x }, { window }) => ({ y: { shape: pooledShape(where, x, window), dtype: 'f32' } }),
  lower({ inputs: { x }, outputs: { y }, attrs: { window } }, views, target) {
    const tensors = { x: x.shape, y: y.shape, written: y };
    const launch = launchPool(window, tensors, { x: views.x, y: views.y, ...UNTOUCHED }, target);
    return { launches: [{ shader, entry: 'forward', bind: { x, y }, ...launch }] };
  },
  backward(builder, { inputs: { x }, attrs, label }, { y: dy }, wanted) {
    if (!dy || !wanted.has('x')) return {};
    return { x: builder.apply(avgPoolGrad, { dy }, { window: attrs.window, x: x.shape }, label).dx };
  },
};

/** dx = sum of dy over the windows that cover the pixel, divided by the window's size. */
export const avgPoolGrad: Op<'dy', 'dx', PoolGradAttrs> = {
  name: 'avg_pool_grad',
  epilogue: { output: 'dx', inputs: ['add', 'mask'] },
  infer: (_where, _inputs, { x }) => ({ dx: { shape: x, dtype: 'f32' } }),
  lower({ inputs, outputs: { dx }, attrs: { window } }, views, target) {
    const { dy } = inputs;
    const tensors = { x: dx.shape, y: dy.shape, written: dx };
    const touches = launchTouches(touchesOf(inputs, views), dy);
    const launch = launchPool(window, tensors, { x: views.dx, y: views.dy, ...touches.views }, target);
    const constants = { ...launch.constants, ...touches.constants };
    return {
      launches: [{ shader, entry: 'backward', ...launch, bind: { dy, dx, ...touches.bind }, constants }],
    };
  },
};
