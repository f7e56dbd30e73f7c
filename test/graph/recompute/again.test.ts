import { describe, expect, it } from 'vitest';
import type { GraphNode, Value } from '../../../src/core/op';
import { hashName, philox } from '../../../src/core/random';
import { computeAgain } from '../../../src/graph/recompute/again';
import { derive, start } from '../../support/fused';
import { randomGraph } from '../../support/random_graph';
import { planGraph } from '../../support/simulate';

/**
 * What a value is, as a term: the op, its attributes and the terms of its inputs. Two values with the same term have the
 * same numbers. Each term is told once, then by number.
 */
function terms(nodes: readonly GraphNode[], numbers: Map<string, number>): Map<Value, number> {
  const found = new Map<Value, number>();
  const numberOf = (term: string): number => {
    if (!numbers.has(term)) numbers.set(term, numbers.size);
    return numbers.get(term) as number;
  };
  for (const { op, attrs, inputs, outputs, label } of nodes) {
    const given = Object.entries(inputs).map(([name, value]) => {
      if (value.role === 'computed' && !found.has(value))
        throw new Error(`${label} reads ${value.label} too early`);
      return [name, found.get(value) ?? numberOf(value.label)];
    });
    const term = JSON.stringify([op.name, attrs, given]);
    for (const value of Object.values(outputs)) {
      if (found.has(value)) throw new Error(`${label} writes ${value.label}, which is there`);
    }
    for (const [name, value] of Object.entries(outputs)) found.set(value, numberOf(`${name} of ${term}`));
  }
  return found;
}

const results = ({ outputs }: GraphNode): Value[] => Object.values(outputs);

describe('computeAgain', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'random network %i: with any values dropped, all others and all gradients are the same terms',
    (seed) => {
      const { graph, loss } = randomGraph(seed, 6 + (seed % 12));
      const { plan } = planGraph(graph, { keep: new Set([loss]), fuse: seed % 3 > 0 });
      const { nodes, forwardNodes } = plan;
      const ofForward = nodes.slice(0, forwardNodes).flatMap(results);
      for (const share of [0, 1, 2, 3]) {
        const drawn = (value: Value): number => philox([value.id, 0, 0, 0], [seed, hashName('stored')])[0];
        const stored = new Set(ofForward.filter((value) => drawn(value) % 4 < share));
        const rewritten = computeAgain(nodes, forwardNodes, (value) => stored.has(value));

        const numbers = new Map<string, number>();
        const before = terms(nodes, numbers);
        const after = terms(rewritten.nodes, numbers);
        for (const value of nodes.flatMap(results)) expect(after.get(value)).toBe(before.get(value));
        for (const [copy, value] of rewritten.equals) expect(after.get(copy)).toBe(before.get(value));

        const isDropped = new Set(ofForward.filter((value) => !stored.has(value)));
        const backward = rewritten.nodes.slice(forwardNodes);
        const read = backward.flatMap(({ inputs }) => Object.values(inputs));
        expect(read.filter((value) => isDropped.has(value))).toEqual([]);
        // Nothing twice: as many new nodes as there are nodes computed again, each of them once.
        expect(rewritten.nodes.length - nodes.length).toBe(rewritten.again.length);
        expect(new Set(rewritten.again).size).toBe(rewritten.again.length);
        if (share === 0) expect(rewritten.again.length).toBeGreaterThan(0);
      }
    },
  );

  it('changes nothing where all is stored', () => {
    const { graph } = randomGraph(1);
    const { plan } = planGraph(graph);
    const rewritten = computeAgain(plan.nodes, plan.forwardNodes, () => true);
    expect(rewritten.nodes).toEqual(plan.nodes);
    expect(rewritten.again).toEqual([]);
    expect(rewritten.originals.size).toBe(0);
  });

  it('copies a node to just before the first that reads it, after what it reads', () => {
    const { graph, net, x } = start();
    const a = net.conv('a', x, { channels: 4, kernel: 1 });
    const b = net.conv('b', a, { channels: 4, kernel: 1 });
    const c = net.conv('c', b, { channels: 4, kernel: 1 });
    derive(graph, c);
    const { plan } = planGraph(graph, { keep: new Set([c]) });
    const rewritten = computeAgain(plan.nodes, plan.forwardNodes, (value) => value === c);
    const labels = rewritten.nodes.slice(plan.forwardNodes).map(({ op, label }) => `${op.name} ${label}`);
    const [first] = plan.nodes
      .slice(plan.forwardNodes)
      .filter(({ inputs }) => Object.values(inputs).includes(b));
    const reader = `${first?.op.name} ${first?.label}`;
    expect(labels.slice(labels.indexOf(reader) - 2, labels.indexOf(reader))).toEqual([
      'conv2d_fused a.product',
      'conv2d_fused b.product',
    ]);
    expect(labels.filter((label) => label.startsWith('conv2d_fused'))).toHaveLength(2);
  });
});
