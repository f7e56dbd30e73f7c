import type { NoAttrs, Op } from '../core/op';
import { targetLoss } from '../lowering/target_loss';

/**
 * loss () = mean over all numbers of (x - targets)^2, as PyTorch's `mse_loss`. x and targets (N, F) or (N, C, H, W).
 * @throws {ShapeError} unless targets have the shape of x, and memory holds the features of both in one order
 */
export const meanSquaredError: Op<'x' | 'targets', 'loss', NoAttrs> = targetLoss({
  name: 'mean_squared_error',
  attributes: [],
  kind: 'square',
});
