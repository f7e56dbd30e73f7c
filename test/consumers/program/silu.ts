// An op of the consumer's own, however it comes by the shader.
import type { NoAttrs, Op, ShaderModule } from 'inception-webgpu';
import { defineOp, onePerNumber, requireFeatures, requireFloat, specOf } from 'inception-webgpu/op';

/** y = x / (1 + exp(-x)). x (N, C, H, W) or (N, F), y as x. */
export function siluOf(shader: ShaderModule): Op<'x', 'y', NoAttrs> {
  const gradient = defineOp<'x' | 'dy', 'dx', NoAttrs>({
    name: 'silu_grad',
    infer: (_where, { x }) => ({ dx: specOf(x) }),
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
  });
  return defineOp<'x', 'y', NoAttrs>({
    name: 'silu',
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
      return { x: builder.apply(gradient, { x, dy }, {}, label).dx };
    },
  });
}
