// The launches of the network's training step, planned for a GPU; no GPU is needed for that.
import type { Launch, Target, Value } from '../../src/core/op';
import { rowsOf } from '../../src/core/rows';
import { sizeOf } from '../../src/core/shape';
import { differentiate, weightedLosses } from '../../src/graph/differentiate';
import { layoutParameters } from '../../src/graph/parameter_layout';
import { plan, type PlannedLaunch } from '../../src/graph/plan';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { layers } from '../../src/models/layers';

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
  /** Everything else: pooling, losses and so on. */
  readonly others: readonly PlannedLaunch[];
}

/** An AMD GPU as the engine sees one. */
const TARGET: Target = {
  maxWorkgroupsPerDimension: 65535,
  parallelWorkgroups: 512,
  maxWorkgroupStorage: 32768,
  maxInvocationsPerWorkgroup: 1024,
  adapter: 'amd',
};

/**
 * Plans a training step of Table 1's network with both auxiliary classifiers.
 *
 * @param kernel name of the kernel that shall be taken wherever it can; undefined for the engine's choice
 */
export function planNetwork(batch: number, kernel?: string): Network {
  const net = googlenet({ classes: 1000, batch, mode: 'train' });
  const labels = net.graph.input('labels', [batch], 'u32');
  const { crossEntropy } = layers(net.graph);
  const losses = googlenetHeads(net).map(({ name, scores, weight }) => ({
    value: crossEntropy(`${name}.loss`, scores, labels),
    weight,
  }));
  differentiate(net.graph, weightedLosses(net.graph, losses));
  const parameters = layoutParameters([...net.graph.parameters.values()].map(({ spec }) => spec));
  const { launches } = plan(net.graph, parameters, {
    keep: new Set(losses.map(({ value }) => value)),
    fuse: true,
    guardBytes: 0,
    target: { ...TARGET, ...(kernel !== undefined && { choose: () => kernel }) },
  });
  const groups = new Map<string, PlannedLaunch[]>();
  for (const launch of launches) groups.set(launch.label, [...(groups.get(launch.label) ?? []), launch]);
  const isProduct = ({ shader }: Launch): boolean => shader.file.startsWith('conv2d');
  const products = [...groups].filter(([, group]) => group.some(isProduct));
  return {
    layers: products.map(([label, group]) => {
      const main = group.find(isProduct) as PlannedLaunch;
      const [name = label] = label.split('/');
      return { label: name, form: main.entry as Form, multiplyAdds: multiplyAdds(main), launches: group };
    }),
    others: launches.filter(({ label }) => !products.some(([product]) => product === label)),
  };
}

function multiplyAdds({ bind, entry, constants = {} }: Launch): number {
  const value = (name: string): Value => bind[name] as Value;
  if (entry === 'forward') return sizeOf(value('w').shape) * rowsOf(value('y'));
  if (entry === 'backward_input') return sizeOf(value('w').shape) * rowsOf(value('dy'));
  const [x, dy] = [value('x'), value('dy')];
  const taps = Number(constants['KERNEL_H']) * Number(constants['KERNEL_W']);
  return taps * (x.shape[1] ?? 1) * (dy.shape[1] ?? 1) * rowsOf(dy);
}
