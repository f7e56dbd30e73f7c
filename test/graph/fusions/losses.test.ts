import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/core/op';
import { differentiate, weightedLosses } from '../../../src/graph/differentiate';
import { gradientNames, opNames, rewritten, start } from '../../support/fused';
import { launchesOf, planGraph, simulate } from '../../support/simulate';

/** Classifiers that read one tensor; their losses, labels and scores. */
function classifiers(count: number, classes = (_head: number): number => 6) {
  const { graph, net, x } = start();
  const labels = graph.input('labels', [2], 'u32');
  const flat = net.flatten('flat', x);
  const scores = Array.from({ length: count }, (_, head) =>
    net.linear(`head${head}`, flat, { features: classes(head) }),
  );
  const losses = scores.map((each, head) => net.crossEntropy(`loss${head}`, each, labels));
  return { graph, net, labels, scores, losses };
}

function derived(count: number) {
  const made = classifiers(count);
  const weighted = made.losses.map((value, head) => ({ value, weight: head + 1 }));
  differentiate(made.graph, weightedLosses(made.graph, weighted));
  return made;
}

const LOSSES = ['losses'] as const;

describe('losses of several classifiers', () => {
  it('are computed together, from scores side by side, and so are their gradients', () => {
    const { graph, scores, losses } = derived(3);
    const nodes = rewritten(graph, LOSSES);
    expect(opNames(nodes).filter((name) => name.startsWith('cross_entropy'))).toEqual([
      'cross_entropy_heads',
      'cross_entropy_heads_grad',
    ]);
    const gradient = nodes.find(({ op }) => op.name === 'cross_entropy_heads_grad');
    const weights = [0, 1, 2].map((head) => graph.constants.get(gradient?.inputs[`dloss${head}`] as Value));
    expect(weights.map((data) => data?.[0])).toEqual([1, 2, 3]);
    const keep = new Set([...losses, ...scores]);
    const planned = planGraph(graph, { keep });
    expect(simulate(graph, planned, keep)).toEqual([]);
    expect(launchesOf(planned, 'cross_entropy.wgsl')).toHaveLength(3);
    expect(launchesOf(planned, 'concat.wgsl')).toEqual([]);
    expect(losses.map((loss) => planned.view(loss).offset)).toEqual([0, 1, 2]);
    expect(scores.map((each) => planned.view(each))).toMatchObject(
      [0, 6, 12].map((offset) => ({ offset, stride: 18 })),
    );
  });

  it('give each classifier the gradient of its own scores', () => {
    const { graph, scores } = derived(2);
    const nodes = rewritten(graph, LOSSES);
    const gradient = nodes.find(({ op }) => op.name === 'cross_entropy_heads_grad')?.outputs.dx;
    const slices = nodes.filter(({ op, inputs }) => op.name === 'slice' && inputs.x === gradient);
    expect(slices.map(({ outputs, attrs }) => [outputs.y, attrs])).toEqual([
      [graph.gradients.get(scores[0] as Value), { first: 0, channels: 6 }],
      [graph.gradients.get(scores[1] as Value), { first: 6, channels: 6 }],
    ]);
    expect(gradientNames(graph, nodes)[0]).toBe('cross_entropy_heads_grad');
  });

  it('come in fours', () => {
    const { graph } = derived(5);
    expect(opNames(rewritten(graph, LOSSES)).filter((name) => name.startsWith('cross_entropy'))).toEqual([
      'cross_entropy_heads',
      'cross_entropy',
      'cross_entropy_grad',
      'cross_entropy_heads_grad',
    ]);
  });

  it('stay apart for other numbers of classes, and alone', () => {
    for (const { graph } of [classifiers(2, (head) => 3 + head), classifiers(1)]) {
      expect(rewritten(graph, LOSSES)).toEqual(graph.nodes);
    }
  });

  it('stay apart where one is read before the other is there', () => {
    const { graph, net, x } = start();
    const labels = graph.input('labels', [2], 'u32');
    const scores = [0, 1].map((head) =>
      net.linear(`head${head}`, net.flatten(`flat${head}`, x), { features: 4 }),
    );
    const first = net.crossEntropy('loss0', scores[0] as Value, labels);
    differentiate(graph, weightedLosses(graph, [{ value: first, weight: 1 }]));
    const read = { op: graph.nodes[0]?.op, label: 'r', inputs: { x: first }, outputs: {}, attrs: {} };
    graph.nodes.push(read as never);
    net.crossEntropy('loss1', scores[1] as Value, labels);
    expect(opNames(rewritten(graph, LOSSES))).not.toContain('cross_entropy_heads');
  });
});
