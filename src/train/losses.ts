import type { Value } from '../core/op';
import { ValueError } from '../core/errors';
import { differentiate, weightedLosses } from '../graph/differentiate';
import type { Graph } from '../graph/graph';
import { layers } from '../models/layers';

/** A classifier at the end of the network: its loss enters the total with this weight. */
export interface Head {
  readonly name: string;
  /** (N, classes). */
  readonly scores: Value;
  readonly weight: number;
}

/** A network to be trained. */
export interface Network {
  readonly graph: Graph;
  /** The graph's input, (N, C, H, W). */
  readonly images: Value;
  readonly heads: readonly Head[];
}

/**
 * Adds an input for labels, a loss for each head and all gradients of their weighted sum to the graph. Of several
 * micro-batches, each has its share in the mean over the batch.
 * @returns the losses, as the heads
 * @throws {ValueError} if there are no heads, or the graph has labels already
 */
export function addLosses({ graph, images, heads }: Network, microBatches = 1): readonly Value[] {
  if (heads.length === 0) throw new ValueError('trainer', 'needs at least one head');
  const labels = graph.input('labels', [images.shape[0] ?? 1], 'u32');
  const { crossEntropy } = layers(graph);
  const losses = heads.map(({ name, scores }) => crossEntropy(`${name}.loss`, scores, labels));
  const weighted = heads.map(({ weight }, index) => ({
    value: losses[index] as Value,
    weight: weight / microBatches,
  }));
  differentiate(graph, weightedLosses(graph, weighted));
  return losses;
}

/** What a trainer keeps readable after a step. */
export const keptOf = (heads: readonly Head[], losses: readonly Value[]): Value[] => [
  ...losses,
  ...heads.map(({ scores }) => scores),
];
