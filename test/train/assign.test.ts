// What the forward part computes and a step keeps: Graph.assign.
import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { PER_CHANNEL } from '../../src/ops/bias';
import { call } from '../support/call';
import type { assignedMean, overflowingSum } from '../support/jobs/assign';

describe('a running mean over ten steps, one of them halted', () => {
  it.each([
    { microBatches: 1, share: null },
    { microBatches: 2, share: null },
    { microBatches: 1, share: 0.8 },
    { microBatches: 2, share: 0.8 },
  ])('has the bits of a loop on the CPU: %j', async (setup) => {
    const report = await call<typeof assignedMean>('assignedMean', setup);
    expect(report.mean).toEqual(report.loop);
    expect(report.differing).toEqual([]);
    expect(report.moved).toBeGreaterThan(3);
    expect(report.warning).toBeNull();
    expect(report.halted.error).toMatch(/^step 6: \d+ of \d+ numbers of /);
    expect(report.halted.kept).toBe(true);
    expect(report.recomputed > 0).toBe(setup.share !== null);
  });
});

describe('what is assigned and not finite', () => {
  it.each([
    { microBatches: 1, steps: 1, least: Math.fround(-2e38) },
    // The second micro-batch overflows only on top of the first.
    { microBatches: 2, steps: 0, least: 0 },
  ])('halts the step that computes it, which is named: %j', async ({ microBatches, steps, least }) => {
    const report = await call<typeof overflowingSum>('overflowingSum', { microBatches });
    expect(report.error).toMatch(
      /^NotFiniteError: step \d: (\d+) of \1 numbers of next_sum are not finite \(next_sum, forward\); got losses main 1\.09/,
    );
    expect(report).toMatchObject({ steps, least });
  });
});

describe('graph.assign refuses', () => {
  const start = () => {
    const graph = new Graph();
    const net = layers(graph);
    const x = graph.input('x', [2, 3, 4, 4]);
    const state = graph.variable({ name: 'state', shape: [2, 3, 4, 4], trainable: false });
    return { graph, net, x, state, y: net.relu('y', x) };
  };

  it.each<[string, (given: ReturnType<typeof start>) => void, string]>([
    [
      'an input in place of a variable',
      ({ graph, x, y }) => graph.assign(x, y),
      'the first must be a variable; got x',
    ],
    [
      'a trained variable',
      ({ graph, y }) => graph.assign(graph.variable({ name: 'w', shape: y.shape }), y),
      'w: is trained and cannot be assigned; give it trainable: false',
    ],
    [
      'an input',
      ({ graph, state, x }) => graph.assign(state, x),
      'must be assigned what the forward part computes; got x',
    ],
    [
      'another shape',
      ({ graph, net, state, y }) => graph.assign(state, net.maxPool('p', y, { kernel: 2 })),
      'must have the shape [2, 3, 4, 4]; got p of [2, 3, 2, 2]',
    ],
    [
      'another order',
      ({ graph, net, y }) => {
        const mean = graph.variable({ name: 'mean', shape: [2], order: PER_CHANNEL, trainable: false });
        const labels = graph.input('labels', [2], 'u32');
        const loss = net.crossEntropy('loss', net.linear('fc', net.flatten('f', y), { features: 2 }), labels);
        graph.assign(mean, { ...loss });
      },
      'must be a value of this graph',
    ],
    [
      'a variable that lies beside others',
      ({ graph, y }) =>
        graph.assign(graph.variable({ name: 'v', shape: y.shape, trainable: false, merge: 'm' }), y),
      'v: lies beside others and cannot be assigned; got m; leave out merge',
    ],
    [
      'a second time',
      ({ graph, state, y }) => {
        graph.assign(state, y);
        graph.assign(state, y);
      },
      'state: is assigned twice; got y',
    ],
  ])('%s', (_what, assign, message) => {
    expect(() => assign(start())).toThrow(message);
  });
});
