// The launches of the network's training step, planned for a GPU; no GPU is needed for that.
import { ValueError } from '../../src/core/errors';
import type { Launch, GraphNode, Target } from '../../src/core/op';
import { differentiate, weightedLosses } from '../../src/graph/differentiate';
import { layoutFlat } from '../../src/graph/flat';
import { atOnce } from '../../src/core/slices';
import { compile } from '../../src/graph/compile';
import type { PlannedLaunch } from '../../src/graph/plan';
import { multiplyAddsOf } from '../../src/graph/work';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { layers } from '../../src/models/layers';
import { updateLaunch } from '../../src/optim/rule';
import { OPTIMIZERS } from '../../src/optim/registry';

export const FORMS = {
  forward: 'forward',
  backward_input: 'input gradient',
  backward_weight: 'weight gradient',
} as const;
export type Form = keyof typeof FORMS;

/** The launches of one convolution or linear layer in one form. */
export interface Layer {
  readonly label: string;
  readonly form: Form;
  /** Of the formula: tiles' overhang and padded channels do not count, products with padding around planes do. */
  readonly multiplyAdds: number;
  readonly launches: readonly PlannedLaunch[];
}

export interface Network {
  readonly layers: readonly Layer[];
  /** Everything else: pooling, losses, the optimizers. */
  readonly others: readonly Launch[];
}

/**
 * Plans a training step of Table 1's network with both auxiliary classifiers.
 *
 * @param kernel name of a kernel: only the layers and forms that it can compute, by it; undefined for all of them, and
 *   everything else, as the engine's rule has it
 * @throws {ValueError} if there is no kernel of that name
 */
export function planNetwork(batch: number, gpu: Target, kernel?: string): Network {
  const net = googlenet({ classes: 1000, batch, mode: 'train' });
  const labels = net.graph.input('labels', [batch], 'u32');
  const { crossEntropy } = layers(net.graph);
  const losses = googlenetHeads(net).map(({ name, scores, weight }) => ({
    value: crossEntropy(`${name}.loss`, scores, labels),
    weight,
  }));
  differentiate(net.graph, weightedLosses(net.graph, losses));
  const layouts = layoutFlat(net.graph);
  const offered = new Set<string>();
  const choose = (_problem: string, candidates: readonly string[]): string | undefined => {
    for (const name of candidates) offered.add(name);
    return kernel;
  };
  const keep = losses.map(({ value }) => value);
  const target = { ...gpu, ...(kernel !== undefined && { choose }) };
  const { launches } = atOnce(compile(net.graph, layouts, { keep, target }));
  if (kernel !== undefined && !offered.has(kernel)) {
    throw new ValueError('--kernel', 'must be one of the kernels', kernel, [...offered].join(', '));
  }
  const products = new Map<string, { readonly product: Product; readonly group: PlannedLaunch[] }>();
  const others: Launch[] = [];
  const latest = new Map<GraphNode, PlannedLaunch[]>();
  for (const launch of launches) {
    const product = productOf(launch);
    // What a node does beside products, such as adding up what they left, belongs to the last of them.
    const group = products.get(launch.label)?.group ?? (product ? [] : latest.get(launch.node));
    if (group) {
      group.push(launch);
      latest.set(launch.node, group);
      if (product) products.set(launch.label, { product, group });
    } else others.push(launch);
  }
  const all = [...products.values()].map(({ product, group }) => ({ ...product, launches: group }));
  if (kernel === undefined) return { layers: all, others: [...others, ...updates(gpu)] };
  const isOwn = ({ launches: group }: Layer): boolean =>
    group.some(({ choice }) => choice?.kernel === kernel);
  return { layers: all.filter(isOwn), others: [] };
}

/** Kernels that can compute some layer on such a GPU, whether the engine's rule takes them or only a tuner may. */
export function candidatesOf({ layers }: Network): string[] {
  const choices = layers.flatMap(({ launches }) => launches.flatMap(({ choice }) => choice ?? []));
  return [...new Set(choices.flatMap(({ candidates }) => candidates))];
}

type Product = Omit<Layer, 'launches'>;

/** What a launch computes for which layer, if that is a product of matrices. */
function productOf({ node, layer }: PlannedLaunch): Product | undefined {
  const named = (layer: string): string => layer.replace(/\.product$/, '');
  if (layer) {
    return { label: named(layer.label), form: 'backward_weight', multiplyAdds: layer.multiplyAdds };
  }
  if (!node.op.multiplyAdds) return undefined;
  return { label: named(node.label), form: formOf(node), multiplyAdds: multiplyAddsOf(node) };
}

/** Tensors have the same names everywhere, and each form has its own result. */
const formOf = ({ outputs }: GraphNode): Form =>
  'dw' in outputs ? 'backward_weight' : 'dx' in outputs ? 'backward_input' : 'forward';

/** One launch updates all variables by each rule; how many there are changes nothing in its code. */
const updates = (gpu: Target): Launch[] =>
  Object.values(OPTIMIZERS).map((make) => {
    const { rule, params, slots } = make();
    const flat = { w: 'variables', dw: 'gradients', slots, chunks: 'chunks', count: 1, clip: true };
    return updateLaunch(rule, params, flat, gpu);
  });
