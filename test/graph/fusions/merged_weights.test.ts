import { describe, expect, it } from 'vitest';
import type { GraphNode, Value } from '../../../src/core/op';
import { layoutVariables } from '../../../src/core/variable';
import { layoutFlat, trainedVariables } from '../../../src/graph/flat';
import type { FusionName } from '../../../src/graph/fuse_options';
import type { layers } from '../../../src/models/layers';
import { derive, gradientNames, opNames, rewritten, start } from '../../support/fused';
import { launchesOf, planGraph, simulate } from '../../support/simulate';

type Net = ReturnType<typeof layers>;

const FUSED: readonly FusionName[] = ['biasRelu', 'gradientSums', 'reluMasks', 'mergedWeights'];

const point = (channels: number, more: object = {}) => ({ channels, kernel: 1, merge: 'points', ...more });

/** A small module: one branch goes straight into the concatenation, two are read by other layers. */
function module(net: Net, x: Value): Value {
  const a = net.conv('m.a', x, point(8));
  const b = net.conv('m.b', net.conv('m.b0', x, point(4)), { channels: 4, kernel: 3, padding: 1 });
  const c = net.conv('m.c', net.conv('m.c0', x, point(12)), { channels: 4, kernel: 5, padding: 2 });
  return net.concat('m', [a, b, c]);
}

const named = (nodes: readonly GraphNode[], name: string): GraphNode[] =>
  nodes.filter((node) => opNames([node])[0] === name);

describe('layers whose weights lie side by side', () => {
  it('are one product forward: the first where it was, the others as slices of a tensor', () => {
    const { graph, net, x } = start();
    const y = module(net, x);
    const nodes = rewritten(graph, FUSED);
    expect(opNames(nodes)).toEqual([
      'conv2d_fused',
      'slice',
      'slice',
      'conv2d_fused',
      'conv2d_fused',
      'concat',
    ]);
    const [merged, b, c] = nodes as [GraphNode, GraphNode, GraphNode];
    expect(merged).toMatchObject({ label: 'm.{a,b0,c0}', attrs: { merged: [24, 4, 1, 1], relu: true } });
    expect(merged.inputs.w).toBe(graph.value('m.a.weight'));
    expect(merged.outputs.y).toBe(graph.value('m.a'));
    expect(merged.outputs.rest).toMatchObject({ shape: [2, 16, 6, 6] });
    expect([b, c].map(({ attrs, outputs }) => [attrs, outputs.y])).toEqual([
      [{ first: 0, channels: 4 }, graph.value('m.b0')],
      [{ first: 4, channels: 12 }, graph.value('m.c0')],
    ]);
    const planned = planGraph(graph, { keep: new Set([y]) });
    expect(simulate(graph, planned, [y])).toEqual([]);
    expect(launchesOf(planned, 'concat.wgsl')).toEqual([]);
  });

  it('have one gradient of the input, one of the weights and one of the biases', () => {
    const { graph, net, x } = start();
    derive(graph, net.avgPool('p', module(net, x), { kernel: 3 }));
    const nodes = rewritten(graph, FUSED);
    const [join] = named(nodes.slice(graph.forwardNodes), 'concat');
    const gradient = join?.outputs.y as Value;
    expect(gradient.shape).toEqual([2, 24, 6, 6]);
    const reading = nodes.filter(({ inputs }) => Object.values(inputs).includes(gradient));
    expect(opNames(reading)).toEqual(['conv2d_grad_weight', 'bias_grad', 'conv2d_grad_input']);
    const of = (kind: string) =>
      ['m.a', 'm.b0', 'm.c0'].map((name) => graph.gradients.get(graph.value(`${name}.${kind}`)));
    expect(Object.values(reading[0]?.outputs ?? {})).toEqual(of('weight'));
    expect(Object.values(reading[1]?.outputs ?? {})).toEqual(of('bias'));
    expect(reading[2]?.outputs.dx).toBe(graph.gradients.get(x));
    expect(simulate(graph, planGraph(graph))).toEqual([]);
  });

  it('copy what lies in the concatenation’s gradient, and have the rest written in place', () => {
    const { graph, net, x } = start();
    derive(graph, net.avgPool('p', module(net, x), { kernel: 3 }));
    const [copy, ...others] = launchesOf(planGraph(graph), 'concat.wgsl');
    expect(others).toEqual([]);
    expect(copy?.params).toMatchObject({ channels: 2, x_stride: 4, y_stride: 6, y_offset: 0 });
  });

  it('add what came before, and mask at the end', () => {
    const { graph, net, x } = start();
    const input = net.relu('in', x);
    const y = module(net, input);
    derive(graph, net.concat('y', [y, net.maxPool('m.pool', input, { kernel: 3, stride: 1, padding: 1 })]));
    const nodes = rewritten(graph, FUSED);
    const merged = nodes.find(({ label, op }) => label === 'm.{a,b0,c0}' && op.name === 'conv2d_grad_input');
    expect(opNames(merged ? [merged] : [])).toEqual(['conv2d_grad_input+add+mask']);
    expect(merged?.inputs.add).toBe(named(nodes, 'max_pool_grad')[0]?.outputs.dx);
    expect(merged?.inputs.mask).toBe(input);
  });

  it.each(['weight', 'bias'])(
    'keep their gradients apart where those of a %s do not lie side by side',
    (kind) => {
      const { graph, net, x } = start();
      derive(graph, net.avgPool('p', module(net, x), { kernel: 3 }));
      const layouts = layoutFlat(graph);
      const trained = trainedVariables(graph).map(({ merge, ...variable }) =>
        merge === undefined || variable.name.endsWith(kind) ? variable : { ...variable, merge },
      );
      const names = gradientNames(
        graph,
        rewritten(graph, FUSED, [], { ...layouts, gradients: layoutVariables(trained) }),
      );
      expect(names.filter((name) => name === 'conv2d_grad_weight')).toHaveLength(5);
    },
  );

  it('need no gradient of the input', () => {
    const { graph, net, x } = start();
    const y = module(net, x);
    derive(graph, net.avgPool('p', y, { kernel: 3 }), []);
    const names = gradientNames(graph, rewritten(graph, FUSED));
    expect(names.filter((name) => name === 'conv2d_grad_weight')).toHaveLength(3);
    expect(names.filter((name) => name.startsWith('conv2d_grad_input'))).toHaveLength(2);
  });

  it.each<[string, (net: Net, x: Value) => void]>([
    ['read different tensors', (net, x) => net.conv('b', net.relu('other', x), point(4))],
    ['end with a ReLU or not', (net, x) => net.conv('b', x, point(4, { relu: false }))],
    ['lie in different matrices', (net, x) => net.conv('b', x, { channels: 4, kernel: 1 })],
  ])('stay apart where they %s', (_what, second) => {
    const { graph, net, x } = start();
    net.conv('a', x, point(8));
    second(net, x);
    expect(opNames(rewritten(graph, FUSED)).filter((name) => name === 'conv2d_fused')).toHaveLength(2);
  });

  it('stay apart where another’s weights lie between them', () => {
    const { graph, net, x } = start();
    net.conv('a', x, point(8));
    net.conv('between', net.relu('other', x), point(4));
    net.conv('b', x, point(4));
    expect(opNames(rewritten(graph, FUSED)).filter((name) => name === 'conv2d_fused')).toHaveLength(3);
  });

  it('keep gradients of the input apart that are asked for', () => {
    const { graph, net, x } = start();
    derive(graph, net.avgPool('p', module(net, x), { kernel: 3 }));
    const part = graph.nodes.find(
      ({ op, label }) => op.name === 'conv2d_grad_input' && label.startsWith('m.c0'),
    );
    const names = gradientNames(graph, rewritten(graph, FUSED, [part?.outputs.dx as Value]));
    expect(names.filter((name) => name === 'conv2d_grad_weight')).toHaveLength(5);
  });
});
