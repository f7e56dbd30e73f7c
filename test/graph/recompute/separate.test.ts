import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../../src/core/op';
import { separateWeightGradients } from '../../../src/graph/recompute/separate';
import type { WeightGradientsAttrs } from '../../../src/ops/weight_gradients';
import { planGraph } from '../../support/simulate';
import { trainingGraph } from '../../support/training_graph';

const isWeights = ({ op }: GraphNode): boolean => op.name === 'weight_gradients';
const attrsOf = ({ attrs }: GraphNode) => attrs as WeightGradientsAttrs;

describe('separateWeightGradients', () => {
  const { graph, keep } = trainingGraph(80, 1 / 8);
  const { plan } = planGraph(graph, { keep });
  const separate = separateWeightGradients(plan.nodes, plan.forwardNodes);

  it('gives each layer a node with its own x, dy and gradients', () => {
    // What each layer reads and gives, by its label.
    const layers = (nodes: readonly GraphNode[]) =>
      nodes.filter(isWeights).flatMap((node) =>
        attrsOf(node).layers.map((layer, index) => ({
          layer,
          x: node.inputs[`x${index}`]?.label,
          dy: node.inputs[`dy${index}`]?.label,
          results: Object.entries(node.outputs)
            .filter(([name]) => new RegExp(`^[a-z]+${index}(\\.|$)`).test(name))
            .map(([, { label }]) => label),
        })),
      );
    const byLabel = (a: { layer: { label: string } }, b: typeof a) =>
      a.layer.label.localeCompare(b.layer.label);
    const [before, after] = [layers(plan.nodes), layers(separate)].map((each) => each.sort(byLabel));
    expect(after).toEqual(before);
    expect(separate.filter(isWeights).every((node) => attrsOf(node).layers.length === 1)).toBe(true);
    expect(plan.nodes.filter(isWeights).length).toBeLessThan(separate.filter(isWeights).length / 2);
  });

  it('puts it right after what gives its dy, and leaves all else as it was', () => {
    expect(separate.filter((node) => !isWeights(node))).toEqual(
      plan.nodes.filter((node) => !isWeights(node)),
    );
    let others: GraphNode | undefined;
    for (const node of separate) {
      if (isWeights(node)) expect(Object.values(others?.outputs ?? {})).toContain(node.inputs.dy0);
      else others = node;
    }
  });
});
