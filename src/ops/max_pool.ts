import type { Op } from '../core/op';
import shader from '../../shaders/max_pool.wgsl';
import { launchTouches, touchesOf, UNTOUCHED } from '../lowering/epilogue';
import { launchPool, pooledShape, type PoolAttrs, type PoolGradAttrs } from '../lowering/pool';

const VECTORS = { number: 'vec4f', word: 'vec4u', integer: 'vec4i' };

/**
 * y = maximum of each window, as PyTorch's `max_pool2d` (no ceil mode, no dilation); NaN wins. x (N, C, H, W).
 * argmax, shaped like y, is `h * W + w` of the maximum in x's plane; the first one wins, padding never does.
 * @throws {ShapeError} if the window does not fit, or padding is more than half the kernel.
 */
export const maxPool: Op<'x', 'y' | 'argmax', PoolAttrs> = {
  name: 'max_pool',
  attributes: ['window'],
  infer(where, { x }, { window }) {
    const shape = pooledShape(where, x, window);
    return { y: { shape, dtype: 'f32' }, argmax: { shape, dtype: 'u32' } };
  },
  lower({ inputs: { x }, outputs: { y, argmax }, attrs: { window } }, views, target) {
    const tensors = { x: x.shape, y: y.shape, written: y };
    const launch = launchPool(window, tensors, { ...views, ...UNTOUCHED }, target, VECTORS);
    return {
      launches: [
        views.argmax.unread
          ? { shader, entry: 'forward_only', bind: { x, y }, ...launch }
          : { shader, entry: 'forward', bind: { x, y, argmax }, ...launch },
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
  epilogue: { output: 'dx', inputs: ['add', 'mask'] },
  infer: (_where, _inputs, { x }) => ({ dx: { shape: x, dtype: 'f32' } }),
  lower({ inputs, outputs: { dx }, attrs: { window } }, views, target) {
    const { dy, argmax } = inputs;
    const tensors = { x: dx.shape, y: dy.shape, written: dx };
    const touches = launchTouches(touchesOf(inputs, views), dy);
    const places = { x: views.dx, y: views.dy, argmax: views.argmax, ...touches.views };
    const launch = launchPool(window, tensors, places, target, VECTORS);
    const constants = { ...launch.constants, ...touches.constants };
    const bind = { dy, argmax_saved: argmax, dx, ...touches.bind };
    return { launches: [{ shader, entry: 'backward', ...launch, bind, constants }] };
  },
};
