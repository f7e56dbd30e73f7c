import { ValueError } from '../core/errors';
import { checkOptions } from '../core/options';
import { specOf } from '../lowering/features';
import { binaryCrossEntropy } from '../ops/binary_cross_entropy';
import { meanSquaredError } from '../ops/mean_squared_error';
import {
  requireClassWeights,
  softCrossEntropy,
  SOFT_CROSS_ENTROPY,
  type SoftCrossEntropyAttrs,
} from '../ops/soft_cross_entropy';
import { checkLabels, checkTargets } from './check';
import { CLASS_NUMBERS, type Loss } from './loss';

/** Takes targets of the scores' shape, in PyTorch's order. */
const targets = (apply: Loss['apply'], least?: number, most?: number): Loss => ({
  labels: specOf,
  apply,
  read: (where, labels, count, heads) =>
    checkTargets(where, labels, [count, ...(heads[0]?.scores.shape.slice(1) ?? [])], least, most),
});

/**
 * Cross-entropy against class numbers, as PyTorch's `cross_entropy`: with `classWeights` the mean weighs each image by its
 * class's, over the whole batch, however many micro-batches it has. A trainer's loss unless it is given one.
 * @param options default: no smoothing, no weights
 * @throws {ValueError} for options that make no sense
 */
export function classNumbers(options: SoftCrossEntropyAttrs = {}): Loss {
  checkOptions('classNumbers', options, SOFT_CROSS_ENTROPY);
  const { smoothing = 0, classWeights } = structuredClone(options);
  if (smoothing === 0 && !classWeights) return CLASS_NUMBERS;
  const weightOf = (label: number): number => classWeights?.[label] ?? 1;
  return {
    labels: specOf,
    apply(graph, name, x, labels) {
      requireClassWeights(name, options, x.shape[1] ?? 1);
      return graph.apply(softCrossEntropy, { x, targets: labels }, {}, name).loss;
    },
    read(where, labels, count, heads) {
      const numbers = checkLabels(where, labels, count, heads);
      const classes = heads[0]?.scores.shape[1] ?? 1;
      const weight = numbers.reduce((sum, label) => sum + weightOf(label), 0);
      if (weight === 0) throw new ValueError(where, 'the classes of all labels have the weight 0');
      return Float32Array.from({ length: count * classes }, (_, index) => {
        const label = index % classes;
        const share = numbers[Math.floor(index / classes)] === label ? 1 - smoothing : 0;
        return (count / weight) * weightOf(label) * (share + smoothing / classes);
      });
    },
  };
}

/**
 * Cross-entropy against shares of the classes, N * K numbers from 0 to 1, a row for each image: what is mixed of two images,
 * or what another network says. As PyTorch's `cross_entropy` with probabilities: the mean is over images, also with weights.
 * @param options default: no smoothing, no weights
 * @throws {ValueError} for options that make no sense
 */
export function softTargets(options: SoftCrossEntropyAttrs = {}): Loss {
  checkOptions('softTargets', options, SOFT_CROSS_ENTROPY);
  const attrs = structuredClone(options);
  return targets(
    (graph, name, x, t) => graph.apply(softCrossEntropy, { x, targets: t }, attrs, name).loss,
    0,
    1,
  );
}

/** Cross-entropy of the sigmoid of each score against a number from 0 to 1 of its own: an image may be of several classes, or none. */
export const binaryTargets = (): Loss =>
  targets((graph, name, x, t) => graph.apply(binaryCrossEntropy, { x, targets: t }, {}, name).loss, 0, 1);

/** Mean of (scores - targets)^2, for scores that are any numbers, (N, F) or (N, C, H, W). */
export const squaredError = (): Loss =>
  targets((graph, name, x, t) => graph.apply(meanSquaredError, { x, targets: t }, {}, name).loss);
