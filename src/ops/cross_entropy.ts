import type { Op, Target, TensorSpec, NoAttrs } from '../core/op';
import { ShapeError, ValueError } from '../core/errors';
import { channelsOf, foldWorkgroups, rowsOf } from '../core/rows';
import { formatShape, requireRank } from '../core/shape';
import { barrierLanes } from '../core/targets';
import shader from '../../shaders/cross_entropy.wgsl';
import { places } from '../lowering/elementwise';
import { requireFaceOrder } from '../lowering/features';
import { requireFloat } from '../lowering/require';

const lanesOn = (target: Target): number => barrierLanes(target, 64);

function requireScores(where: string, x: TensorSpec, labels: TensorSpec): void {
  requireFloat(where, { x });
  requireRank(where, 'x', x.shape, '(N, K)');
  requireFaceOrder(where, { x });
  requireRank(where, 'labels', labels.shape, '(N)');
  if (labels.dtype !== 'u32')
    throw new ValueError(where, 'labels must hold whole numbers (u32)', labels.dtype);
  if (labels.shape[0] !== x.shape[0]) {
    const got = `labels ${formatShape(labels.shape)}`;
    throw new ShapeError(where, `labels must be [${x.shape[0]}] for x ${formatShape(x.shape)}`, got);
  }
}

const below = ({ x }: { readonly x: TensorSpec }) => ({ labels: channelsOf(x) });

/**
 * loss () = mean over the batch of log(sum over k of exp(x[k])) - x[label], as PyTorch's `cross_entropy`.
 * x (N, K) scores, labels (N) from 0 to K - 1: a program refuses others as they are written.
 * @throws {ShapeError} if there is not one label per image.
 * @throws {ValueError} if labels are not u32.
 */
export const crossEntropy: Op<'x' | 'labels', 'loss', NoAttrs> = {
  name: 'cross_entropy',
  attributes: [],
  infer(where, { x, labels }) {
    requireScores(where, x, labels);
    return { loss: { shape: [], dtype: 'f32' } };
  },
  below,
  lower({ inputs: { x, labels }, outputs: { loss } }, views, target) {
    const [rows, channels, lanes] = [rowsOf(x), channelsOf(x), lanesOn(target)];
    const row_losses = { scratch: 'row_losses', elements: rows };
    const params = {
      rows,
      channels,
      ...places({ x: views.x, dx: undefined }),
      labels_offset: views.labels.offset,
      loss_offset: views.loss.offset,
      dloss_offset: 0,
    };
    return {
      launches: [
        {
          shader,
          entry: 'forward',
          bind: { x, labels, row_losses },
          params: { ...params, turns: Math.ceil(channels / lanes) },
          constants: { WG: lanes },
          workgroups: foldWorkgroups(rows, target.maxWorkgroupsPerDimension),
        },
        {
          shader,
          entry: 'mean',
          bind: { losses: row_losses, loss },
          params: { ...params, turns: Math.ceil(rows / lanes) },
          constants: { WG: lanes },
          workgroups: [1, 1, 1],
        },
      ],
    };
  },
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
  below,
  lower({ inputs: { x, labels, dloss }, outputs: { dx } }, views, target) {
    const [rows, channels, lanes] = [rowsOf(x), channelsOf(x), lanesOn(target)];
    return {
      launches: [
        {
          shader,
          entry: 'backward',
          bind: { x, labels, dloss, dx },
          params: {
            rows,
            channels,
            turns: Math.ceil(channels / lanes),
            ...places({ x: views.x, dx: views.dx }),
            labels_offset: views.labels.offset,
            loss_offset: 0,
            dloss_offset: views.dloss.offset,
          },
          constants: { WG: lanes },
          workgroups: foldWorkgroups(rows, target.maxWorkgroupsPerDimension),
        },
      ],
    };
  },
};
