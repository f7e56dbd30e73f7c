// What the forward part computes and a step keeps: Graph.assign.
import { describe, expect, it } from 'vitest';
import type { Op, TensorSpec } from '../../src/core/op';
import type { Shape } from '../../src/core/shape';
import { ROWS } from '../../src/core/order';
import type { Variable } from '../../src/core/variable';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { addLosses } from '../../src/train/losses';
import { PER_CHANNEL } from '../../src/ops/bias';
import { LINEAR_WEIGHTS } from '../../src/ops/linear';
import { sgd } from '../../src/optim/sgd';
import { Parameters } from '../../src/runtime/parameters';
import { Update } from '../../src/runtime/update';
import { variable } from '../support/weights';
import { call } from '../support/call';
import type { assignedBeside, assignedMean, overflowingSum, profiledMean } from '../support/jobs/assign';
import { centredNetwork, MOMENTUM, runningMean } from '../support/running_mean';
import { fakeEngine } from '../support/fake_engine';

type Plane = TensorSpec['plane'];

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
    // What reads the mean is computed again, after the next mean was, and must find the one that the forward part read.
    expect(report.recomputed).toEqual(setup.share === null ? [] : ['moved', 'conv1.product']);
  });
});

it('a profiled step begins with the mean that there is', async () => {
  const { mean, loop } = await call<typeof profiledMean>('profiledMean', null);
  expect(mean).toEqual(loop);
});

it('what is assigned is trained by no group', () => {
  const all = { match: '*', trainable: true };
  expect(() => addLosses(centredNetwork(2), 1, [all])).toThrow(
    'groups: what the graph assigns cannot be trained; got mean; ' +
      'leave it out of the group, or add a group that freezes it',
  );
  const { trained } = addLosses(centredNetwork(2), 1, [all, { match: 'mean', trainable: false }]);
  expect(trained).toHaveLength(8);
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

/** Which channel is the largest: never run. */
const largest: Op<'x', 'y', object> = {
  name: 'largest',
  infer: (_where, { x }) => ({ y: { shape: x.shape, dtype: 'u32' } }),
  lower: () => ({ launches: [] }),
};

describe('graph.assign takes a flattened plane where the variable has the same', () => {
  it('or where it is no other order', () => {
    const graph = new Graph();
    const net = layers(graph);
    const keep = (name: string, shape: Shape, plane?: Plane) => {
      const x = graph.input(`${name}.x`, shape);
      const flat = net.flatten(`${name}.flat`, net.relu(`${name}.y`, x));
      const options = { name, shape: flat.shape, trainable: false, ...(plane && { plane }) };
      graph.assign(graph.variable(options), flat);
    };
    keep('planes', [2, 3, 4, 4], [3, 4, 4]);
    keep('points', [2, 3, 1, 1]);
    expect(graph.assignments.size).toBe(2);
  });
});

it('a mean that lies beside another variable in the parameters is assigned where it lies', async () => {
  const { mean, loop, before } = await call<typeof assignedBeside>('assignedBeside', {});
  expect(mean).toEqual(loop);
  expect(before).toEqual([7, 7, 7, 7, 7]);
});

it.each<[string, Partial<Variable>, Partial<Variable>]>([
  ['their order', { order: LINEAR_WEIGHTS }, {}],
  ['what they lie beside', { order: ROWS }, { merge: 'm' }],
])('an update refuses to assign rows that %s keeps apart', async (_what, own, there) => {
  const graph = new Graph();
  graph.variable({ name: 'w', shape: [3, 5] });
  const state = { name: 'state', shape: [3, 5], trainable: false, ...own };
  graph.variable({ ...state, ...there });
  graph.variable({ ...state, ...there, name: 'other' });
  const parameters = await Parameters.create(fakeEngine().engine, graph);
  const assigned = [variable(state)];
  await expect(Update.create(parameters, sgd(), { assigned })).rejects.toThrow(
    /^state: is assigned, and its rows must lie one after the other; got rows of \d that begin \d+ numbers apart; /,
  );
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
      ({ graph, x }) => {
        const mean = graph.variable({ name: 'mean', shape: [3], order: PER_CHANNEL, trainable: false });
        const { y: next } = graph.apply(runningMean, { x, m: mean }, { momentum: MOMENTUM }, 'next');
        graph.assign(graph.variable({ name: 'rows', shape: [3], trainable: false }), next);
      },
      'rows: next must lie in memory as rows of channels; got next, which lies as a number for each channel',
    ],
    [
      'a value of another graph',
      ({ graph, state }) => graph.assign(state, start().y),
      'value must be a value of this graph; got "y"',
    ],
    [
      'a flattened plane where the variable has none',
      ({ graph, net, y }) =>
        graph.assign(graph.variable({ name: 'flat', shape: [2, 48], trainable: false }), net.flatten('f', y)),
      'flat: flat and f must be flattened planes of the same shape, or neither; got planes none and [3, 4, 4]; ' +
        'declare the variable with the plane of the value',
    ],
    [
      'numbers that are no float32',
      ({ graph, x }) => {
        const { y } = graph.apply(largest, { x }, {}, 'largest');
        graph.assign(graph.variable({ name: 'class', shape: y.shape, trainable: false }), y);
      },
      'class: largest must hold float32 numbers; got u32',
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
