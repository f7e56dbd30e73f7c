import type { Op, TensorSpec } from '../core/op';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, requireRank } from '../core/shape';
import { launchLosses, launchLossGradients } from './cross_entropy_heads';
import { requireFaceOrder } from './features';
import { requireFloat } from './require';

type NoAttrs = Readonly<Record<string, never>>;

function requireScores(where: string, x: TensorSpec, labels: TensorSpec): void {
  requireFloat(where, { x });
  requireRank(where, 'x', x.shape, '(N, K)');
  requireFaceOrder(where, { x });
  requireRank(where, 'labels', labels.shape, '(N)');
  if (labels.dtype !== 'u32')
    throw new ValueError(where, 'labels must hold whole numbers (u32)', labels.dtype);
  if (labels.shape[0] !== x.shape[0]) {
    throw new ShapeError(
      where,
      `labels must be [${x.shape[0]}] for x ${formatShape(x.shape)}`,
      `labels ${formatShape(labels.shape)}`,
    );
  }
}

/**
 * loss () = mean over the batch of log(sum over k of exp(x[k])) - x[label], as PyTorch's `cross_entropy`.
 * x (N, K) scores, labels (N) from 0 to K - 1; whoever fills labels checks that range.
 * @throws {ShapeError} if there is not one label per picture.
 * @throws {ValueError} if labels are not u32.
 */
export const crossEntropy: Op<'x' | 'labels', 'loss', NoAttrs> = {
  name: 'cross_entropy',
  infer(where, { x, labels }) {
    requireScores(where, x, labels);
    return { loss: { shape: [], dtype: 'f32' } };
  },
  lower: ({ inputs, outputs }, views, target) => ({
    launches: launchLosses({ ...inputs, ...outputs }, views, 1, target),
  }),
  backward(builder, { inputs: { x, labels }, label }, { loss: dloss }, wanted) {
    if (!dloss || !wanted.has('x')) return {};
    return { x: builder.apply(crossEntropyGrad, { x, labels, dloss }, {}, label).dx };
  },
};

/** dx = dloss * (softmax(x) - onehot(labels)) / N. */
export const crossEntropyGrad: Op<'x' | 'labels' | 'dloss', 'dx', NoAttrs> = {
  name: 'cross_entropy_grad',
  infer(where, { x, labels, dloss }) {
    requireScores(where, x, labels);
    requireFloat(where, { dloss });
    requireRank(where, 'dloss', dloss.shape, '()');
    return { dx: { shape: x.shape, dtype: 'f32' } };
  },
  lower({ inputs: { x, labels, dloss }, outputs: { dx } }, views, target) {
    const gradient = { value: dloss, view: views.dloss };
    return { launches: [launchLossGradients({ x, labels, dloss: [gradient], dx }, views, target)] };
  },
};
