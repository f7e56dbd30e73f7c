import type { Value } from '../../src/core/op';
import { differentiate, weightedLosses } from '../../src/graph/differentiate';
import type { Graph } from '../../src/graph/graph';
import { AUX_WEIGHT, googlenet } from '../../src/models/googlenet';
import { layers } from '../../src/models/layers';

/** GoogLeNet with its three losses and all gradients, and what a trainer keeps of it. */
export function trainingGraph(
  inputSize: number,
  width: number,
  batch = 1,
  classes = 10,
): { readonly graph: Graph; readonly keep: ReadonlySet<Value> } {
  const net = googlenet({ classes, batch, inputSize, width, mode: 'train' });
  const labels = net.graph.input('labels', [batch], 'u32');
  const { crossEntropy } = layers(net.graph);
  const heads = [net.scores0, net.scores1, net.scores2] as Value[];
  const losses = heads.map((scores, index) => ({
    value: crossEntropy(`loss${index}`, scores, labels),
    weight: index < 2 ? AUX_WEIGHT : 1,
  }));
  differentiate(net.graph, weightedLosses(net.graph, losses));
  return { graph: net.graph, keep: new Set([...heads, ...losses.map(({ value }) => value)]) };
}
