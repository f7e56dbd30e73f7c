import type { GraphNode, Value } from '../../core/op';
import { weightGradients, type WeightGradientsAttrs } from '../../ops/weight_gradients';
import { applies } from '../fusions/rewriting';

/**
 * Gives each layer a node of its own for the gradients of its weights, as soon as its dy is there. One node for many
 * layers holds the x and dy of all until the last is computed, so that dropping them would gain nothing. The numbers
 * are the same: a layer's kernel and the order of its sums do not depend on what else the node computes.
 */
export function separateWeightGradients(nodes: readonly GraphNode[], forwardNodes: number): GraphNode[] {
  const places = new Map<Value, number>();
  nodes.forEach(({ outputs }, place) => Object.values(outputs).forEach((value) => places.set(value, place)));
  const after = new Map<number, GraphNode[]>();
  const rest = nodes.map((node) => (applies(node, weightGradients) ? [] : [node]));
  for (const node of nodes.filter((each) => applies(each, weightGradients))) {
    for (const layer of layersOf(node)) {
      const inputs = Object.values(layer.inputs).map((value) => places.get(value) ?? -1);
      const place = Math.max(forwardNodes - 1, ...inputs);
      after.set(place, [...(after.get(place) ?? []), layer]);
    }
  }
  return rest.flatMap((kept, place) => [...kept, ...(after.get(place) ?? [])]);
}

function layersOf(node: GraphNode): GraphNode[] {
  const { layers } = node.attrs as WeightGradientsAttrs;
  return layers.map((layer, index) => ({
    ...node,
    label: layer.label.replace(/\.product$/, ''),
    inputs: firstNamed(node.inputs, index),
    outputs: firstNamed(node.outputs, index),
    attrs: { layers: [layer] },
  }));
}

/** What belongs to layer number `index`, by its names in a node of one layer: `dw3.1` becomes `dw0.1`. */
const firstNamed = (values: GraphNode['inputs'], index: number): GraphNode['inputs'] =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const [, kind, number, suffix] = /^([a-z]+)(\d+)(.*)$/.exec(name) ?? [];
      return Number(number) === index ? [[`${kind}0${suffix}`, value] as const] : [];
    }),
  );
