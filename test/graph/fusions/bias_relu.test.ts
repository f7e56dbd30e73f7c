import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/core/op';
import type { Graph } from '../../../src/graph/graph';
import { conv2d } from '../../../src/ops/conv2d';
import { slidingWindow } from '../../../src/core/shape';
import { derive, opNames, rewritten, start } from '../../support/fused';
import { planGraph } from '../../support/simulate';
import { weight } from '../../support/weights';

const fused = (graph: Graph, ...keep: string[]) => {
  const kept = keep.map((name) => graph.value(name));
  return opNames(rewritten(graph, ['biasRelu'], kept));
};

describe('convolution, bias and ReLU', () => {
  it('makes one node of convolution, bias and ReLU, with the last one’s value', () => {
    const { graph, net, x } = start();
    const y = net.conv('a', x, { channels: 8, kernel: 3 });
    const [node, ...rest] = rewritten(graph, ['biasRelu']);
    expect(rest).toEqual([]);
    expect(node).toMatchObject({ op: { name: 'conv2d_fused' }, outputs: { y }, attrs: { relu: true } });
    expect(node?.inputs).toEqual({ x, w: graph.value('a.weight'), b: graph.value('a.bias') });
  });

  it('makes one node of convolution and bias, without ReLU', () => {
    const { graph, net, x } = start();
    net.conv('a', x, { channels: 8, kernel: 3, relu: false });
    expect(rewritten(graph, ['biasRelu'])).toMatchObject([
      { op: { name: 'conv2d_fused' }, attrs: { relu: false } },
    ]);
  });

  it('does the same to linear layers', () => {
    const { graph, net, x } = start();
    const hidden = net.linear('a', net.flatten('flat', x), { features: 6, relu: true });
    net.linear('b', hidden, { features: 3 });
    expect(fused(graph)).toEqual(['flatten', 'linear_fused', 'linear_fused']);
  });

  it('leaves the graph as it is', () => {
    const { graph, net, x } = start();
    net.conv('a', x, { channels: 8, kernel: 3 });
    const before = [...graph.nodes];
    rewritten(graph, ['biasRelu']);
    expect(graph.nodes).toEqual(before);
  });

  it('fuses in training too: no gradient needs a value in between', () => {
    const { graph, net, x } = start();
    const y = net.conv('a', x, { channels: 8, kernel: 3 });
    derive(graph, y);
    expect(fused(graph)).toEqual([
      'conv2d_fused',
      'relu_grad',
      'bias_grad',
      'conv2d_grad_weight',
      'conv2d_grad_input',
    ]);
  });

  it('keeps a value that is asked for', () => {
    const { graph, net, x } = start();
    net.conv('a', x, { channels: 8, kernel: 3 });
    expect(fused(graph, 'a')).toEqual(['conv2d_fused']);
    expect(fused(graph, 'a.biased')).toEqual(['conv2d_fused', 'relu']);
    expect(fused(graph, 'a.product')).toEqual(['conv2d', 'bias', 'relu']);
    const kept = graph.value('a.product');
    expect(planGraph(graph, { keep: new Set([kept]) }).plan.home(kept)).toBeDefined();
    expect(planGraph(graph).plan.home(kept)).toBeUndefined();
  });

  it('keeps a value that somebody else reads', () => {
    const product = start();
    product.net.conv('a', product.x, { channels: 8, kernel: 3 });
    product.net.relu('other', product.graph.value('a.product'));
    expect(fused(product.graph)).toEqual(['conv2d', 'bias', 'relu', 'relu']);

    const biased = start();
    biased.net.conv('a', biased.x, { channels: 8, kernel: 3 });
    biased.net.relu('other', biased.graph.value('a.biased'));
    expect(fused(biased.graph)).toEqual(['conv2d_fused', 'relu', 'relu']);
  });

  it('leaves a convolution without bias', () => {
    const { graph, net, x } = start();
    const w = weight(graph, { name: 'w', shape: [4, 4, 1, 1] });
    const { y } = graph.apply(conv2d, { x, w }, { window: slidingWindow('a', 1, 1, 0) }, 'a');
    net.relu('b', y);
    expect(fused(graph)).toEqual(['conv2d', 'relu']);
  });

  it('is off where a plan asks for that', () => {
    const { graph, net, x } = start();
    const y: Value = net.conv('a', x, { channels: 8, kernel: 3 });
    const count = (fuse: boolean) => planGraph(graph, { fuse, keep: new Set([y]) }).plan.launches.length;
    expect([count(true), count(false)]).toEqual([1, 3]);
  });
});
