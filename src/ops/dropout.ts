import type { Op } from '../core/op';
import { shown } from '../core/check';
import { ValueError } from '../core/errors';
import { hashName } from '../core/random';
import { channelsOf, rowsOf } from '../core/rows';
import shader from '../../shaders/dropout.wgsl';
import { onePerThread, places } from '../lowering/elementwise';
import { touchesOf } from '../lowering/epilogue';
import { requireFeatures, specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/** Attributes of dropout. */
export interface DropoutAttrs {
  /** Probability that an element becomes 0, from 0 up to but not 1. */
  readonly p: number;
  /** Name of the layer: each layer draws its own numbers. */
  readonly layer: string;
}

/**
 * The largest random word that keeps its element: words below `(1 - p) * 2^32` do. One less than that bound, because
 * for p = 0 the bound itself is no 32-bit word.
 */
export const lastKept = (p: number): number => Math.max(Math.floor((1 - p) * 2 ** 32), 1) - 1;

/**
 * y = x / (1 - p) where the element is kept, else 0. x (N, C, H, W) or (N, F), y as x. What is kept depends on the
 * seed, the step, the layer, the image's index in the whole batch and the element's place in the image only: not
 * on the adapter, nor on how a batch is cut. Backward is the same op on dy.
 * @throws {ValueError} if p is outside of [0, 1).
 */
export const dropout: Op<'x', 'y', DropoutAttrs> = {
  name: 'dropout',
  attributes: ['p', 'layer'],
  epilogue: { output: 'y', inputs: ['mask'] },
  infer(where, { x }, { p }) {
    requireFloat(where, { x });
    requireFeatures(where, { x });
    if (!(Number.isFinite(p) && p >= 0 && p < 1))
      throw new ValueError(where, 'p must be at least 0 and below 1', shown(p));
    return { y: specOf(x) };
  },
  classifying: (attrs) => ({ ...attrs, p: 0 }),
  lower({ inputs, outputs: { y }, attrs: { p, layer } }, views, target) {
    const { x } = inputs;
    const { mask } = touchesOf(inputs, views);
    const [images = 1] = x.shape;
    const channels = channelsOf(x);
    const pixels = rowsOf(x) / images;
    const features = pixels * channels;
    const counters = Math.ceil(features / 4);
    const { constants, workgroups } = onePerThread(images * counters, target);
    return {
      launches: [
        {
          shader,
          entry: 'forward',
          bind: { x, y, mask: mask?.value ?? x },
          params: {
            count: images * counters,
            counters,
            features,
            pixels,
            channels,
            ...places({ x: views.x, y: views.y, mask: mask?.view }),
            layer: hashName(layer),
            last_kept: lastKept(p),
            scale: 1 / (1 - p),
          },
          constants: { ...constants, MASK: mask !== undefined },
          workgroups,
        },
      ],
    };
  },
  backward(builder, { attrs, label }, { y: dy }, wanted) {
    if (!dy || !wanted.has('x')) return {};
    return { x: builder.apply(dropout, { x: dy }, attrs, label).y };
  },
};
