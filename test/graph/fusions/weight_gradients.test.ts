import { describe, expect, it } from 'vitest';
import type { Table, Value } from '../../../src/core/op';
import { FUSION_NAMES } from '../../../src/graph/fuse_options';
import type { Graph } from '../../../src/graph/graph';
import type { WeightGradientsAttrs } from '../../../src/ops/weight_gradients';
import { derive, opNames, rewritten, start } from '../../support/fused';
import { launchesOf, planGraph } from '../../support/simulate';

const conv = { channels: 8, kernel: 3, padding: 1 } as const;
const FUSED = ['weightGradients'] as const;

const groupsOf = (graph: Graph, kept: readonly Value[] = []) =>
  rewritten(graph, FUSED, kept).filter(({ op }) => op.name === 'weight_gradients');

const layersOf = (attrs: unknown) => (attrs as WeightGradientsAttrs).layers;

describe('gradients of weights and biases', () => {
  it('come together, for several layers', () => {
    const { graph, net, x } = start();
    const b = net.conv('b', net.conv('a', x, conv), conv);
    derive(graph, net.linear('fc', net.flatten('flat', b), { features: 5 }));
    const [group, ...others] = groupsOf(graph);
    expect(others).toEqual([]);
    expect(layersOf(group?.attrs).map(({ label }) => label)).toEqual([
      'fc.product',
      'b.product',
      'a.product',
    ]);
    const gradients = ['fc', 'b', 'a'].flatMap((name) =>
      ['weight', 'bias'].map((kind) => graph.gradients.get(graph.value(`${name}.${kind}`))),
    );
    expect(Object.values(group?.outputs ?? {})).toEqual(gradients);
    const names = opNames(rewritten(graph, FUSED));
    for (const name of ['bias_grad', 'conv2d_grad_weight', 'linear_grad_weight'])
      expect(names).not.toContain(name);
  });

  it('take one launch a layer, and one for all sums that are split', () => {
    const { graph, net, x } = start(24);
    derive(graph, net.conv('b', net.conv('a', x, conv), conv));
    const launches = (fuse: boolean) =>
      planGraph(graph, { fuse: { weightGradients: fuse } }).plan.launches.filter(
        ({ part }) => part === 'backward',
      );
    const labels = launches(true).map(({ label }) => label);
    expect(labels.filter((label) => label.endsWith('weight_gradients'))).toEqual([
      'b.product/weight_gradients',
      'a.product/weight_gradients',
      'b to a/weight_gradients',
    ]);
    // Without: two launches for each weight and two for each bias.
    expect(launches(false).length - launches(true).length).toBe(8 - 3);
  });

  it('are cut into groups where weights are many', () => {
    const { graph, net, x } = start();
    let y = net.linear('in', net.flatten('flat', x), { features: 800 });
    for (const name of ['a', 'b', 'c']) y = net.linear(name, y, { features: 800 });
    derive(graph, y);
    // 640,000 weights each but for the last, which reads 4 x 6 x 6 features: two together are too many.
    expect(groupsOf(graph).map(({ attrs }) => layersOf(attrs).length)).toEqual([1, 1, 2]);
  });

  it('are cut into groups where the layers’ tensors are large', () => {
    const { graph, net, x } = start();
    let y = net.conv('in', x, { channels: 4, kernel: 1 });
    for (const name of ['a', 'b']) y = net.conv(name, y, { channels: 4, kernel: 1, padding: 300 });
    derive(graph, y);
    // (2 * 606 + 6)^2 pixels of 4 channels and two images are 45 MiB; x of `in` is small.
    expect(groupsOf(graph).map(({ attrs }) => layersOf(attrs).length)).toEqual([1, 2]);
  });

  it('leave a weight that is no parameter', () => {
    const { graph, net, x } = start();
    derive(graph, net.conv('a', x, { ...conv, relu: false }));
    const gradient = graph.gradients.get(graph.value('a.weight')) as Value;
    const others = graph.nodes.map((node) =>
      Object.values(node.outputs).includes(gradient)
        ? { ...node, outputs: { dw: { ...gradient, id: gradient.id + 1000 } } }
        : node,
    );
    graph.nodes.splice(0, graph.nodes.length, ...others);
    expect(groupsOf(graph)).toEqual([]);
  });

  it('take one launch a layer where no sum is split', () => {
    const { graph, net, x } = start();
    derive(graph, net.conv('b', net.conv('a', x, conv), conv));
    const gradients = planGraph(graph).plan.launches.filter(({ entry }) => entry === 'backward_weight');
    expect(gradients.map(({ label }) => label)).toEqual([
      'b.product/weight_gradients',
      'a.product/weight_gradients',
    ]);
    expect(gradients.map(({ bind }) => bind.dw)).toEqual([{ flat: 'gradients' }, { flat: 'gradients' }]);
    expect(launchesOf(planGraph(graph), 'sum.wgsl')).toEqual([]);
  });

  it('write where the parameters’ own places are', () => {
    const { graph, net, x } = start(24);
    const point = { channels: 4, kernel: 1, merge: 'both' } as const;
    derive(graph, net.concat('y', [net.conv('a', x, point), net.conv('b', x, { ...point, channels: 8 })]));
    const planned = planGraph(graph, {
      fuse: Object.fromEntries(FUSION_NAMES.map((name) => [name, name === FUSED[0]])),
    });
    const [sum, ...others] = launchesOf(planned, 'sum.wgsl');
    expect(others).toEqual([]);
    expect(sum?.bind.total).toEqual({ flat: 'gradients' });
    const { words } = sum?.bind.table as Table;
    // Elements, columns, ..., stride and offset, in vectors; the last layer's gradients come first.
    const matrices = Array.from({ length: 4 }, (_, index) =>
      words.slice((sum?.params.matrices ?? 0) + 10 * index),
    );
    expect(matrices.map(([elements, columns]) => [elements, columns])).toEqual([
      [8, 2],
      [2, 2],
      [4, 1],
      [1, 1],
    ]);
    // The weights lie in the first 4 x 12 elements, biases at the next multiple of 256 bytes.
    expect(matrices.map((matrix) => [...matrix.slice(8, 10)])).toEqual([
      [3, 1],
      [3, 17],
      [3, 0],
      [3, 16],
    ]);
  });
});
