import type { Op, TensorSpec } from '../core/op';
import { ShapeError } from '../core/errors';
import { formatShape, sameShape, sizeOf, type Shape } from '../core/shape';
import { inFaceOrder, requireFeatures, specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/**
 * y (N, C*H*W) = x (N, C, H, W); an x (N, F) stays as it is. Nothing runs: the layout lets y share x's memory, which it
 * keeps dense, and `plane` remembers that memory holds the features in the order H, W, C.
 */
export const flatten: Op<'x', 'y', Readonly<Record<string, never>>> = {
  name: 'flatten',
  attributes: [],
  sharesMemory: 'reshape',
  infer(where, { x }) {
    requireFloat(where, { x });
    requireFeatures(where, { x });
    const [batch = 1, channels = 1, height, width] = x.shape;
    if (height === undefined || width === undefined) return { y: specOf(x) };
    return {
      y: {
        shape: [batch, channels * height * width],
        dtype: 'f32',
        plane: [channels, height, width],
      },
    };
  },
  lower: () => ({ launches: [] }),
  backward(builder, { inputs: { x }, label }, { y: dy }, wanted) {
    if (!dy || !wanted.has('x')) return {};
    return { x: builder.apply(unflatten, { x: dy }, { shape: x.shape }, label).y };
  },
};

export interface UnflattenAttrs {
  readonly shape: Shape;
}

/**
 * The gradient of flatten: the same numbers in the same memory, under the old shape.
 * @throws {ShapeError} if x is not a plane of that shape, flattened: memory would hold it in another order.
 */
export const unflatten: Op<'x', 'y', UnflattenAttrs> = {
  name: 'unflatten',
  sharesMemory: 'reshape',
  infer(where, { x }, { shape }) {
    requireFloat(where, { x });
    if (shape.length === 2 && sameShape(x.shape, shape)) return { y: specOf(x) };
    const [batch = 1, channels = 1, height = 1, width = 1] = shape;
    const plane = [channels, height, width] as const;
    const needed: TensorSpec = { shape: [batch, sizeOf(plane)], dtype: 'f32', plane };
    if (!sameShape(x.shape, needed.shape) || !(sameShape(x.plane ?? [], plane) || inFaceOrder(needed))) {
      const got = `${formatShape(x.shape)}${x.plane ? ` from a plane of ${formatShape(x.plane)}` : ''}`;
      throw new ShapeError(where, `x must be a tensor of ${formatShape(shape)}, flattened`, got);
    }
    return { y: { shape, dtype: 'f32' } };
  },
  lower: () => ({ launches: [] }),
};
