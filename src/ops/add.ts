import type { Op } from '../core/op';
import { ShapeError } from '../core/errors';
import { formatShape, sameShape } from '../core/shape';
import shader from '../../shaders/add.wgsl';
import { onePerNumber } from '../lowering/elementwise';
import { touchesOf } from '../lowering/epilogue';
import { requireFeatures, requireSameOrder, specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/**
 * y = x0 + x1, all of one shape, (N, C, H, W) or (N, F).
 * @throws {ShapeError} if the shapes differ, or only one is a flattened plane.
 */
export const add: Op<'x0' | 'x1', 'y', Readonly<Record<string, never>>> = {
  name: 'add',
  attributes: [],
  epilogue: { output: 'y', inputs: ['mask'] },
  infer(where, { x0, x1 }) {
    requireFloat(where, { x0, x1 });
    requireFeatures(where, { x0, x1 });
    if (!sameShape(x0.shape, x1.shape)) {
      const got = `x0 ${formatShape(x0.shape)} and x1 ${formatShape(x1.shape)}`;
      throw new ShapeError(where, 'both tensors must have the same shape', got);
    }
    requireSameOrder(where, { x0, x1 }, 'add before flatten');
    return { y: specOf(x0) };
  },
  lower({ inputs, outputs: { y } }, views, target) {
    const { x0, x1 } = inputs;
    const { mask } = touchesOf(inputs, views);
    const launch = onePerNumber(y, { x0: views.x0, x1: views.x1, y: views.y, mask: mask?.view }, target);
    const constants = { ...launch.constants, MASK: mask !== undefined };
    const bind = { x0, x1, y, mask: mask?.value ?? x0 };
    return { launches: [{ shader, entry: 'forward', ...launch, bind, constants }] };
  },
  backward(_builder, _node, { y: dy }) {
    return dy ? { x0: dy, x1: dy } : {};
  },
};
