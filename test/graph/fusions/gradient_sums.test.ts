import { describe, expect, it } from 'vitest';
import { derive, gradientNames, rewritten, start } from '../../support/fused';

const point = { channels: 4, kernel: 1, relu: false } as const;
const pool = { kernel: 3, stride: 1, padding: 1 } as const;

describe('gradients added where they land', () => {
  it('go into the later of two kernels', () => {
    const { graph, net, x } = start();
    derive(graph, net.concat('y', [net.conv('a', x, point), net.maxPool('b', x, pool)]));
    const gradients = (names: readonly ['gradientSums'] | readonly []) =>
      gradientNames(graph, rewritten(graph, names));
    const others = ['slice', 'slice', 'max_pool_grad', 'bias_grad', 'conv2d_grad_weight'];
    expect(gradients([])).toEqual([...others, 'conv2d_grad_input', 'add']);
    expect(gradients(['gradientSums'])).toEqual([...others, 'conv2d_grad_input+add']);
  });

  it('give the sum its value, and add what came before', () => {
    const { graph, net, x } = start();
    derive(graph, net.concat('y', [net.conv('a', x, point), net.maxPool('b', x, pool)]));
    const nodes = rewritten(graph, ['gradientSums']);
    const pooled = nodes.find(({ op }) => op.name === 'max_pool_grad');
    const last = nodes.at(-1);
    expect(last?.inputs.add).toBe(pooled?.outputs.dx);
    expect(last?.outputs.dx).toBe(graph.gradients.get(x));
  });

  it.each([3, 5])('chain through %i kernels', (readers) => {
    const { graph, net, x } = start();
    const branches = Array.from({ length: readers }, (_, index) => net.avgPool(`b${index}`, x, pool));
    derive(graph, net.concat('y', branches));
    const names = gradientNames(graph, rewritten(graph, ['gradientSums']));
    expect(names.slice(readers)).toEqual([
      'avg_pool_grad',
      ...Array<string>(readers - 1).fill('avg_pool_grad+add'),
    ]);
  });

  it('stay a kernel of their own where none of the two can add', () => {
    const { graph, net, x } = start();
    derive(graph, net.concat('y', [net.relu('a', x), net.dropout('b', x, 0.5)]));
    expect(gradientNames(graph, rewritten(graph, ['gradientSums']))).toContain('add');
  });

  it('stay a kernel of their own where only the earlier can add', () => {
    const { graph, net, x } = start();
    derive(graph, net.concat('y', [net.relu('a', x), net.conv('b', x, point)]));
    expect(gradientNames(graph, rewritten(graph, ['gradientSums'])).slice(-2)).toEqual(['relu_grad', 'add']);
  });

  it('leave a gradient that is asked for', () => {
    const { graph, net, x } = start();
    derive(graph, net.concat('y', [net.conv('a', x, point), net.maxPool('b', x, pool)]));
    const part = graph.nodes.find(({ op }) => op.name === 'conv2d_grad_input')?.outputs.dx;
    expect(gradientNames(graph, rewritten(graph, ['gradientSums'], part ? [part] : []))).toContain('add');
  });

  it('leave a sum of a value with itself', () => {
    const { graph, net, x } = start();
    derive(graph, net.add('y', net.avgPool('a', x, pool), net.avgPool('b', x, pool)));
    const sum = graph.nodes.findLast(({ op }) => op.name === 'add');
    expect(sum).toBeDefined();
    const twice = start();
    derive(twice.graph, twice.net.add('y', twice.x, twice.x));
    expect(gradientNames(twice.graph, rewritten(twice.graph, ['gradientSums']))).toEqual(['add']);
  });

  it('leave additions of the forward part', () => {
    const { graph, net, x } = start();
    net.add('y', net.avgPool('a', x, pool), net.conv('b', x, point));
    expect(rewritten(graph, ['gradientSums'])).toEqual(graph.nodes);
  });
});
