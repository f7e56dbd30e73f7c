import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../../src/core/op';
import { derive, gradientNames, opNames, rewritten, start } from '../../support/fused';

const point = { channels: 4, kernel: 1 } as const;
const pool = { kernel: 3, stride: 1, padding: 1 } as const;
const MASKS = ['reluMasks'] as const;

const named = (nodes: readonly GraphNode[], name: string): GraphNode | undefined =>
  nodes.find((node) => opNames([node])[0] === name);

describe('masks of ReLU', () => {
  it('go into the kernel that finishes the gradient', () => {
    const { graph, net, x } = start();
    const a = net.conv('a', x, point);
    derive(graph, net.conv('b', a, { ...point, relu: false }));
    const before = graph.gradients.get(a);
    const nodes = rewritten(graph, MASKS);
    const node = named(nodes, 'conv2d_grad_input+mask');
    expect(node?.inputs.mask).toBe(a);
    // What comes out is the gradient of what ReLU got.
    expect(node?.outputs.dx).toBe(graph.gradients.get(graph.value('a.biased')));
    expect(opNames(nodes)).not.toContain('relu_grad');
    expect(nodes.some(({ outputs }) => Object.values(outputs).includes(before as never))).toBe(false);
  });

  it.each(['maxPool', 'avgPool'] as const)('go into %s’s kernel', (kind) => {
    const { graph, net, x } = start();
    derive(graph, net[kind]('b', net.relu('a', x), pool));
    const name = kind === 'maxPool' ? 'max_pool_grad+mask' : 'avg_pool_grad+mask';
    expect(gradientNames(graph, rewritten(graph, MASKS))).toEqual([name]);
  });

  it('go into dropout’s kernel', () => {
    const { graph, net, x } = start();
    derive(graph, net.dropout('b', net.relu('a', x), 0.5));
    expect(gradientNames(graph, rewritten(graph, MASKS))).toEqual(['dropout+mask']);
  });

  it('go into an addition, after it', () => {
    const { graph, net, x } = start();
    const a = net.relu('a', x);
    derive(graph, net.concat('y', [net.dropout('b', a, 0.5), net.dropout('c', a, 0.5)]));
    expect(gradientNames(graph, rewritten(graph, MASKS)).at(-1)).toBe('add+mask');
  });

  it('come after what is added', () => {
    const { graph, net, x } = start();
    const a = net.relu('a', x);
    derive(graph, net.concat('y', [net.avgPool('b', a, pool), net.avgPool('c', a, pool)]));
    const names = gradientNames(graph, rewritten(graph, ['gradientSums', 'reluMasks']));
    expect(names.slice(-2)).toEqual(['avg_pool_grad', 'avg_pool_grad+add+mask']);
  });

  it('of all branches of a concatenation become one of the whole', () => {
    const { graph, net, x } = start();
    const y = net.concat('y', [net.relu('a', x), net.conv('b', x, point), net.conv('c', x, point)]);
    derive(graph, net.avgPool('p', y, pool));
    const nodes = rewritten(graph, MASKS);
    expect(gradientNames(graph, nodes).slice(0, 4)).toEqual([
      'avg_pool_grad+mask',
      'slice',
      'slice',
      'slice',
    ]);
    const node = named(nodes, 'avg_pool_grad+mask');
    expect(node?.inputs.mask).toBe(y);
    const slices = nodes.filter(({ op }) => op.name === 'slice');
    expect(slices.every(({ inputs }) => inputs.x === node?.outputs.dx)).toBe(true);
  });

  it('of nested concatenations become one', () => {
    const { graph, net, x } = start();
    const inner = net.concat('inner', [net.relu('a', x), net.conv('b', x, point)]);
    derive(graph, net.avgPool('p', net.concat('y', [net.conv('c', x, point), inner]), pool));
    const names = gradientNames(graph, rewritten(graph, MASKS));
    expect(names).toContain('avg_pool_grad+mask');
    // Nobody masks the inner concatenation as such: the outer one's branch has no mask until the inner's moved there.
    expect(names).not.toContain('relu_grad');
  });

  it('stay with the branches where one has none', () => {
    const { graph, net, x } = start();
    const y = net.concat('y', [net.relu('a', x), net.maxPool('b', x, pool)]);
    derive(graph, net.avgPool('p', y, pool));
    expect(gradientNames(graph, rewritten(graph, MASKS))).toEqual([
      'avg_pool_grad',
      'slice',
      'slice',
      'max_pool_grad',
      'relu_grad',
      'add',
    ]);
  });

  it('stay with the branches where somebody else reads the gradient, or one of its slices', () => {
    const wholes = start();
    const y = wholes.net.concat('y', [wholes.net.relu('a', wholes.x), wholes.net.relu('b', wholes.x)]);
    derive(wholes.graph, wholes.net.avgPool('p', y, pool));
    const kept = wholes.graph.gradients.get(y);
    const names = gradientNames(wholes.graph, rewritten(wholes.graph, MASKS, kept ? [kept] : []));
    expect(names.filter((name) => name === 'relu_grad')).toHaveLength(2);

    const slices = start();
    const a = slices.net.relu('a', slices.x);
    const joined = slices.net.concat('y', [a, slices.net.relu('b', slices.x)]);
    derive(slices.graph, slices.net.avgPool('p', joined, pool));
    const cut = slices.graph.gradients.get(a);
    const left = gradientNames(slices.graph, rewritten(slices.graph, MASKS, cut ? [cut] : []));
    expect(left.filter((name) => name === 'relu_grad')).toHaveLength(2);
  });

  it('stay with the branches where the gradient is somebody else’s too', () => {
    const { graph, net, x } = start();
    const y = net.concat('y', [net.relu('a', x), net.relu('b', x)]);
    const other = net.conv('c', x, { channels: 8, kernel: 1, relu: false });
    derive(graph, net.avgPool('p', net.add('sum', y, other), pool));
    const names = gradientNames(graph, rewritten(graph, MASKS));
    expect(names.filter((name) => name === 'relu_grad')).toHaveLength(2);
  });

  it('go through flatten', () => {
    const { graph, net, x } = start();
    const flat = net.flatten('flat', net.conv('a', x, point));
    derive(graph, net.linear('fc', flat, { features: 3 }));
    const nodes = rewritten(graph, MASKS);
    expect(named(nodes, 'linear_grad_input+mask')?.inputs.mask).toBe(flat);
    expect(opNames(nodes)).not.toContain('relu_grad');
  });

  it('leave a gradient that is asked for, or that two read', () => {
    const { graph, net, x } = start();
    const a = net.relu('a', x);
    derive(graph, net.avgPool('b', a, pool));
    const kept = graph.gradients.get(a);
    expect(gradientNames(graph, rewritten(graph, MASKS, kept ? [kept] : []))).toEqual([
      'avg_pool_grad',
      'relu_grad',
    ]);
  });
});
