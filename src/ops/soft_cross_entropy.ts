import type { Op } from '../core/op';
import { ShapeError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import { channelsOf } from '../core/rows';
import * as is from '../core/rules';
import { requireRank } from '../core/shape';
import { requireFaceOrder } from '../lowering/features';
import { targetLoss } from '../lowering/target_loss';

/** Attributes of the cross-entropy against soft targets. */
export interface SoftCrossEntropyAttrs {
  /** Share of the targets, 0 to 1, that is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly smoothing?: number;
  /** What each class's part of the loss is multiplied by, from 0. Default 1 each. */
  readonly classWeights?: readonly number[];
}

export const SOFT_CROSS_ENTROPY: Rules<SoftCrossEntropyAttrs> = {
  smoothing: is.number({ least: 0, most: 1 }),
  classWeights: is.list(is.number({ least: 0 })),
};

/** @throws {ShapeError} unless there is a weight for each class */
export function requireClassWeights(
  where: string,
  { classWeights }: SoftCrossEntropyAttrs,
  classes: number,
): void {
  const given = classWeights?.length ?? classes;
  if (given !== classes)
    throw new ShapeError(where, `classWeights must be ${classes}, one for each class`, `${given}`);
}

/**
 * loss () = mean over the batch of the sum over k of w[k] * q[k] * (log(sum of exp(x)) - x[k]) with
 * q = (1 - smoothing) * targets + smoothing / K and w the weights of classes, as PyTorch's `cross_entropy` with probabilities
 * for targets. x (N, K) scores, targets (N, K) shares of the classes.
 * @throws {ShapeError} unless targets have the shape of x, and there is a weight for each class; {ValueError} for attributes out of range
 */
export const softCrossEntropy: Op<'x' | 'targets', 'loss', SoftCrossEntropyAttrs> = targetLoss({
  name: 'soft_cross_entropy',
  attributes: ['smoothing', 'classWeights'],
  kind: 'softmax',
  numbers: ({ smoothing = 0, classWeights }, classes) => ({
    smoothing,
    classWeights: classWeights ?? new Array<number>(classes).fill(1),
  }),
  check(where, x, attrs) {
    requireRank(where, 'x', x.shape, '(N, K)');
    requireFaceOrder(where, { x });
    checkOptions(where, attrs, SOFT_CROSS_ENTROPY);
    requireClassWeights(where, attrs, channelsOf(x));
  },
});
