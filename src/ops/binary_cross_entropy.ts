import type { NoAttrs, Op } from '../core/op';
import { targetLoss } from '../lowering/target_loss';

/**
 * loss () = mean over all numbers of log(1 + exp(x)) - targets * x, the cross-entropy of sigmoid(x), as PyTorch's
 * `binary_cross_entropy_with_logits`; x of any size is safe. x (N, F) or (N, C, H, W); targets as x, from 0 to 1.
 * @throws {ShapeError} unless targets have the shape of x, and memory holds the features of both in one order
 */
export const binaryCrossEntropy: Op<'x' | 'targets', 'loss', NoAttrs> = targetLoss({
  name: 'binary_cross_entropy',
  attributes: [],
  kind: 'sigmoid',
});
