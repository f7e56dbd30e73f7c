import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/core/op';
import { FUSION_NAMES } from '../../../src/graph/fuse_options';
import { Rewriting } from '../../../src/graph/fusions/rewriting';
import { rewritten, start } from '../../support/fused';
import { randomGraph } from '../../support/random_graph';

describe('Rewriting', () => {
  it('knows who computes a value after its place is given up', () => {
    const { graph, net, x } = start();
    const sum = net.relu('last', net.relu('first', x));
    const rewriting = new Rewriting(graph.nodes, { kept: new Set() });
    const [first, last] = graph.nodes;
    if (!first || !last) throw new Error('two nodes expected');
    rewriting.replace(0, { ...first, outputs: last.outputs });
    rewriting.replace(1);
    expect(rewriting.producer(sum)).toBe(0);
  });
});

describe('all rewrites', () => {
  // In these, several gradients are added to one that is itself a sum.
  it.each([6, 17, 68, 195, 196, 197])('random network %i: a value is there before it is read', (seed) => {
    const { graph, loss } = randomGraph(seed, 10 + (seed % 14));
    const there = new Set<Value>();
    for (const { inputs, outputs, label } of rewritten(graph, FUSION_NAMES, [loss])) {
      const missing = Object.values(inputs).filter((value) => value.role === 'computed' && !there.has(value));
      expect([label, missing.map((value) => value.label)]).toEqual([label, []]);
      for (const value of Object.values(outputs)) there.add(value);
    }
  });
});
