import type { TensorSpec, Value } from '../core/op';
import type { Graph } from '../graph/graph';
import { crossEntropy } from '../ops/cross_entropy';
import { checkLabels, type Labels } from './check';

/** A classifier at the end of the network: its loss enters the total with this weight, above 0. */
export interface Head {
  readonly name: string;
  /** (N, classes); what else a loss takes that is not of classes. */
  readonly scores: Value;
  readonly weight: number;
}

/**
 * What the heads' scores are held against, and how: made by `classNumbers`, `softTargets`, `binaryTargets` or `squaredError`,
 * or of one of them with another `apply`.
 */
export interface Loss {
  /** Shape and type of the graph's input `labels`: class numbers (N) in `u32`, or targets as the scores, of each head. */
  readonly labels: (scores: Value) => TensorSpec;
  /** Appends the loss of a head to the graph, one number: the mean over the graph's batch. */
  readonly apply: (graph: Graph, name: string, scores: Value, labels: Value) => Value;
  /**
   * What the graph takes for the labels of `count` images, those of all micro-batches together.
   * @throws {ValueError | ShapeError} beginning with `where`, for labels that do not fit
   */
  readonly read: (
    where: string,
    labels: Labels,
    count: number,
    heads: readonly Head[],
  ) => Uint32Array | Float32Array;
}

/** Cross-entropy against class numbers: what a network without `loss` has. */
export const CLASS_NUMBERS: Loss = {
  labels: ({ shape: [batch = 1] }) => ({ shape: [batch], dtype: 'u32' }),
  apply: (graph, name, x, labels) => graph.apply(crossEntropy, { x, labels }, {}, name).loss,
  read: checkLabels,
};
