import type { Op, Target, TensorSpec, View } from '../core/op';
import { ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import { channelsOf, rowsOf } from '../core/rows';
import * as is from '../core/rules';
import { requireRank } from '../core/shape';
import shader from '../../shaders/local_response_norm.wgsl';
import { onePerThread, places } from '../lowering/elementwise';
import { specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/** Attributes of local response normalisation, with the names and defaults of PyTorch. */
export interface LocalResponseNormAttrs {
  /** Channels in a window. */
  readonly size: number;
  /** What the mean of the squares is multiplied by, from 0. Default 1e-4. */
  readonly alpha?: number;
  /** Exponent, above 0. Default 0.75. */
  readonly beta?: number;
  /** What is added, above 0. Default 1. */
  readonly k?: number;
  /** With a window of even size, the odd channel lies before its own, as in PyTorch; mirrored, after it, as in ONNX. Default false. */
  readonly mirrored?: boolean;
}

const ATTRIBUTES: Rules<LocalResponseNormAttrs> = {
  size: is.needed(is.whole(1)),
  alpha: is.number({ least: 0 }),
  beta: is.number({ above: 0 }),
  k: is.number({ above: 0 }),
  mirrored: is.flag,
};

/**
 * y = x / (k + alpha / size * sum of x^2 over `size` channels around)^beta, as PyTorch's `local_response_norm`: floor(size / 2)
 * channels before and floor((size - 1) / 2) after; there are zeros beyond the first and the last. x (N, C, H, W), y as x.
 * @throws {ShapeError} for another rank; {ValueError} for attributes out of range, and for k so small that an x of 0 has no
 * finite gradient: k^-(beta + 1) must be finite as a float32
 */
export const localResponseNorm: Op<'x', 'y', LocalResponseNormAttrs> = {
  name: 'local_response_norm',
  attributes: ['size', 'alpha', 'beta', 'k', 'mirrored'],
  infer(where, { x }, attrs) {
    requireFloat(where, { x });
    requireRank(where, 'x', x.shape, '(N, C, H, W)');
    checkOptions(where, attrs, ATTRIBUTES);
    const { beta, k } = settled(attrs);
    if (!Number.isFinite(Math.fround(k ** -(beta + 1)))) {
      const advice = 'a larger k or a smaller beta';
      throw new ValueError(where, 'k^-(beta + 1) must be finite', `k ${k}, beta ${beta}`, advice);
    }
    return { y: specOf(x) };
  },
  lower: ({ inputs: { x }, outputs: { y }, attrs }, views, target) => ({
    launches: [
      {
        shader,
        entry: 'forward',
        bind: { x, y },
        ...launch(y, attrs, { x: views.x, y: views.y, dx: undefined }, target),
      },
    ],
  }),
  backward(builder, { inputs: { x }, attrs, label }, { y: dy }, wanted) {
    if (!dy || !wanted.has('x')) return {};
    return { x: builder.apply(localResponseNormGrad, { x, dy }, attrs, label).dx };
  },
};

/** dx = dy * base^-beta - 2 alpha beta / size * x * sum of dy x base^-(beta + 1) over the windows that have it; base is k + ... */
export const localResponseNormGrad: Op<'x' | 'dy', 'dx', LocalResponseNormAttrs> = {
  name: 'local_response_norm_grad',
  infer: (_where, { x }) => ({ dx: specOf(x) }),
  lower: ({ inputs: { x, dy }, outputs: { dx }, attrs }, views, target) => ({
    launches: [
      {
        shader,
        entry: 'backward',
        bind: { x, dy, dx },
        ...launch(dx, attrs, { x: views.x, y: views.dy, dx: views.dx }, target),
      },
    ],
  }),
};

const settled = ({ alpha = 1e-4, beta = 0.75, k = 1, mirrored = false, size }: LocalResponseNormAttrs) => ({
  alpha,
  beta,
  k,
  mirrored,
  size,
});

function launch(
  written: TensorSpec,
  attrs: LocalResponseNormAttrs,
  views: Readonly<Record<string, View | undefined>>,
  target: Target,
) {
  const { size, alpha, beta, k, mirrored } = settled(attrs);
  const channels = channelsOf(written);
  const sides = [Math.floor(size / 2), Math.floor((size - 1) / 2)].map((side) => Math.min(side, channels));
  const [before = 0, after = 0] = mirrored ? sides.reverse() : sides;
  const count = rowsOf(written) * channels;
  return {
    params: { count, channels, before, after, share: alpha / size, beta, k, ...places(views) },
    ...onePerThread(count, target),
  };
}
