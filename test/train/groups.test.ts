// Variables that are trained otherwise than others, and running averages of them.
import { describe, expect, it } from 'vitest';
import { TARGETS } from '../../src/core/targets';
import { adam } from '../../src/optim/adam';
import { exponentialAverage } from '../../src/optim/average';
import { estimateTraining } from '../../src/train/estimate';
import { call } from '../support/call';
import type {
  averages,
  averagesOfHalted,
  averagesOfShared,
  trainGroups,
  trainLater,
  trainMerged,
} from '../support/jobs/groups';
import { smallNetwork } from '../support/small_trainer';

const NAMES = ['conv1.weight', 'conv1.bias', 'conv2.weight', 'conv2.bias', 'fc.weight', 'fc.bias'];

describe('groups', () => {
  it('freeze: no gradient node, no slot, and what others need still flows', async () => {
    const free = await call<typeof trainGroups>('trainGroups', { groups: [] });
    expect(free.moved).toEqual(NAMES);
    const groups = [{ match: 'conv2.*', trainable: false }];
    const frozen = await call<typeof trainGroups>('trainGroups', { groups });
    expect(frozen.moved).toEqual(NAMES.filter((name) => !name.startsWith('conv2')));
    expect(frozen.slots).toEqual([['momentum_buffer', frozen.moved]]);
    expect(frozen.gradients).not.toContain('conv2.weight');
    expect(frozen.gradients).toContain('conv1.weight');
    expect(frozen.elements.slots).toBe(free.elements.slots - 64 - 64);
    expect(frozen.elements.variables).toBe(free.elements.variables);
  });

  it('freeze the first layers: nothing of theirs is computed backward', async () => {
    const groups = [{ match: 'conv*', trainable: false }];
    const { moved, gradients, ops } = await call<typeof trainGroups>('trainGroups', { groups });
    expect(moved).toEqual(['fc.weight', 'fc.bias']);
    expect(gradients.filter((name) => name.startsWith('conv') || name.startsWith('pool'))).toEqual([]);
    expect(ops.filter((name) => /conv2d_grad|max_pool_grad/.test(name))).toEqual([]);
  });

  it.each([
    { frozen: ['a.weight', 'a.bias'] },
    { frozen: ['b.weight', 'b.bias'] },
    { frozen: ['a.weight'] },
    { frozen: ['b.bias'] },
    { frozen: ['a.weight', 'b.weight', 'c.weight'] },
  ])('freeze some of what lies side by side: %j', async ({ frozen }) => {
    const { moved, distances, dispatches } = await call<typeof trainMerged>('trainMerged', { frozen });
    const names = Object.keys(distances);
    expect(names).toHaveLength(10);
    expect(moved).toEqual(names.filter((name) => !frozen.includes(name)));
    for (const name of names) expect(distances[name]?.relative, name).toBeLessThan(5e-6);
    expect(dispatches.fused).toBeLessThan(dispatches.plain);
  });

  it('scale the rate and leave out decay', async () => {
    const [plain, scaled] = [
      await call<typeof trainGroups>('trainGroups', { groups: [] }),
      await call<typeof trainGroups>('trainGroups', {
        groups: [
          { match: 'fc.bias', rateScale: 0 },
          { match: '*.weight', decayScale: 0 },
        ],
      }),
    ];
    expect(plain.moved).toContain('fc.bias');
    expect(scaled.moved).toEqual(NAMES.filter((name) => name !== 'fc.bias'));
    const of = ({ after }: typeof plain, wanted: string) => after.find(([name]) => name === wanted);
    expect(of(scaled, 'conv1.weight')).not.toEqual(of(plain, 'conv1.weight'));
  });

  it('let variables wait for their first step, and go on from a checkpoint before and after it', async () => {
    const { movedIn, exact, warnings } = await call<typeof trainLater>('trainLater', null);
    const fc = ['fc.weight', 'fc.bias'];
    expect(movedIn).toEqual([fc, fc, NAMES, NAMES]);
    expect(exact).toEqual([true, true, true, true]);
    expect(warnings.slice(0, 4)).toEqual([null, null, null, null]); // as JSON has it
    expect(warnings[4]).toContain('within rounding, not bit for bit: it was written with other options');
  });

  it('are known to the estimate, as averages are', () => {
    const network = () => {
      const { graph, images, scores } = smallNetwork(4);
      return { graph, images, heads: [{ name: 'main', scores, weight: 1 }] };
    };
    const shared = { target: TARGETS.gpu, optimizer: adam() };
    const free = estimateTraining(network(), shared).bytes;
    const frozen = estimateTraining(network(), {
      ...shared,
      groups: [{ match: 'conv*', trainable: false }],
    }).bytes;
    expect(frozen.optimizer).toBeLessThan(free.optimizer);
    expect(frozen.weightGradients).toBeLessThan(free.weightGradients);
    expect(frozen.weights).toBe(free.weights);
    const averaged = estimateTraining(network(), { ...shared, average: exponentialAverage() }).bytes;
    expect(averaged.optimizer).toBe(1.5 * free.optimizer);
    // An estimate leaves the graph as it was.
    const same = network();
    expect(estimateTraining(same, shared).total).toBe(estimateTraining(same, shared).total);
  });
});

describe.each(['equal', 'exponential'] as const)('an %s average', (kind) => {
  it('is that of the weights after each step, and goes on with a checkpoint', async () => {
    const { distances, resumed, before, kept } = await call<typeof averages>('averages', { kind });
    expect(before).toBe(true);
    for (const [name, { relative }] of Object.entries(distances)) expect(relative, name).toBeLessThan(5e-7);
    expect(distances['conv1.weight']?.relative).toBe(0);
    expect(resumed).toBe(true);
    expect(kept).toEqual(['exp_avg', 'exp_avg_sq', 'average']);
  });
});

describe('averages', () => {
  it('of a run that is halted are refused, as its checkpoint is', async () => {
    const { underWay, halted, after, left } = await call<typeof averagesOfHalted>('averagesOfHalted', null);
    expect(underWay).toMatch(/not finite/);
    expect(halted).toMatch(/^NotFiniteError: step 0: /);
    expect(after).toBe(halted);
    expect(left).toBe(0);
  });

  it('hold what else the parameters hold', async () => {
    const { left, moved, other } = await call<typeof averagesOfShared>('averagesOfShared', null);
    expect(moved).toEqual(NAMES);
    expect(other).toEqual([7, 7, 7, 7, 7]);
    expect(left).toBe(0);
  });
});
