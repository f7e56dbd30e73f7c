// What a graph keeps of layers that are refused, and of names that come twice.
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/core/errors';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';

const start = () => {
  const graph = new Graph();
  return { graph, net: layers(graph), x: graph.input('x', [2, 3, 8, 8]) };
};

describe('a layer that is refused', () => {
  it.each([
    ['its sizes', (): unknown => [2, 3, 8, 8].length, ShapeError, { channels: 4, kernel: 9 }],
    ['a value of another graph', () => start().x, ValueError, { channels: 4, kernel: 3 }],
  ])('for %s leaves nothing behind', (_what, other, type, options) => {
    const { graph, net, x } = start();
    const given = other();
    const conv = (): unknown => net.conv('a', typeof given === 'number' ? x : (given as typeof x), options);
    expect(conv).toThrow(type);
    expect([...graph.variables.keys()]).toEqual([]);
    expect(graph.nodes).toEqual([]);
    expect(net.conv('a', x, { channels: 4, kernel: 3 }).label).toBe('a');
    expect([...graph.variables.keys()]).toEqual(['a.weight', 'a.bias']);
  });

  it('because its bias is there already leaves no weight behind', () => {
    const { graph, net } = start();
    const flat = graph.input('flat', [2, 4]);
    graph.variable({ name: 'a.bias', shape: [4] });
    expect(() => net.linear('a', flat, { features: 4 })).toThrow('a second a.bias');
    expect([...graph.variables.keys()]).toEqual(['a.bias']);
  });
});

describe('a name that comes twice', () => {
  it('is refused where parameters or drawn numbers hang on it', () => {
    const { net, x } = start();
    net.conv('a', x, { channels: 4, kernel: 1 });
    expect(() => net.conv('a', x, { channels: 4, kernel: 1 })).toThrow('a second a.weight');
    net.dropout('d', x, 0.5);
    expect(() => net.dropout('d', x, 0.5)).toThrow('d: a second dropout of this name would drop the same');
  });

  it('is counted where nothing does', () => {
    const { net, x } = start();
    expect([net.relu('r', x), net.relu('r', x)].map(({ label }) => label)).toEqual(['r', 'r#2']);
  });
});
