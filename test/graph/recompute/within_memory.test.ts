// Less memory for more work: plans that compute a part of the forward part again. Pure, no GPU.
import { describe, expect, it } from 'vitest';
import type { GraphNode, Value } from '../../../src/core/op';
import { LimitError, ValueError } from '../../../src/core/errors';
import { FUSION_NAMES, type FuseOptions } from '../../../src/graph/fuse_options';
import type { Graph } from '../../../src/graph/graph';
import { slotBytes, type Plan, type PlannedLaunch } from '../../../src/graph/plan';
import { multiplyAddsOf, workOf } from '../../../src/graph/work';
import { leastOf, planGraphWithin } from '../../support/recompute';
import { randomGraph } from '../../support/random_graph';
import { planGraph, simulate } from '../../support/simulate';
import { trainingGraph } from '../../support/training_graph';

const kernel = ({ shader, entry, constants, variant }: PlannedLaunch): string =>
  JSON.stringify([shader.file, entry, constants, variant]);

/**
 * What recomputation may launch that is not launched without: max pooling that leaves out the places of maxima, which are
 * computed again; sums of a layer's own parts in vectors, where a layer beside it would have allowed none. Neither
 * changes a number.
 */
const isHarmless = ({ shader: { file }, entry }: PlannedLaunch): boolean =>
  file === 'sum.wgsl' || (file === 'max_pool.wgsl' && entry === 'forward_only');

const newKernels = (whole: Plan, plan: Plan): PlannedLaunch[] => {
  const known = new Set(whole.launches.map(kernel));
  return plan.launches.filter((launch) => !known.has(kernel(launch)) && !isHarmless(launch));
};

function check(graph: Graph, keep: ReadonlySet<Value>, memory: number, fuse: FuseOptions = true): Plan {
  const whole = planGraph(graph, { keep, fuse });
  const planned = planGraphWithin(graph, { keep, fuse }, memory);
  expect(slotBytes(planned.plan)).toBeLessThanOrEqual(memory);
  expect(simulate(graph, planned, keep)).toEqual([]);
  expect(newKernels(whole.plan, planned.plan)).toEqual([]);
  return planned.plan;
}

/** `npm run fuzz` takes more. */
const SEEDS = Array.from({ length: process.env['FUZZ'] === undefined ? 20 : 200 }, (_, seed) => seed);

describe('compile, with recompute', () => {
  it.each(SEEDS)(
    'random network %i: keeps to the memory, down to the least; every read finds its value; the same kernels',
    (seed) => {
      const leftOut = FUSION_NAMES[seed % FUSION_NAMES.length] ?? '';
      for (const fuse of [true, false, { [leftOut]: false }]) {
        const { graph, loss } = randomGraph(seed, 6 + (seed % 12));
        const keep = new Set([loss]);
        const whole = slotBytes(planGraph(graph, { keep, fuse }).plan);
        const least = leastOf(graph, { keep, fuse });
        expect(least).toBeLessThanOrEqual(whole);
        check(graph, keep, least, fuse);
        check(graph, keep, Math.round((least + whole) / 2), fuse);
        if (least > 0) expect(() => planGraphWithin(graph, { keep, fuse }, least - 1)).toThrow(LimitError);
      }
    },
  );

  it('does nothing where everything fits', () => {
    const { graph, loss } = randomGraph(4);
    const keep = new Set([loss]);
    const { plan: whole } = planGraph(graph, { keep });
    const { plan } = planGraphWithin(graph, { keep }, slotBytes(whole));
    expect(plan.recomputed).toBeUndefined();
    expect(plan.launches.map(({ label }) => label)).toEqual(whole.launches.map(({ label }) => label));
  });

  it('has nothing to compute again where all is kept, nor without a backward part', () => {
    const { graph } = randomGraph(4);
    const all = new Set(graph.nodes.flatMap(({ outputs }) => Object.values(outputs)));
    expect(leastOf(graph, { keep: all })).toBe(slotBytes(planGraph(graph, { keep: all }).plan));
  });

  it('keeps what is to be kept', () => {
    const { graph } = randomGraph(7, 4);
    for (const value of graph.nodes.flatMap(({ outputs }) => Object.values(outputs))) {
      const keep = new Set([value]);
      check(graph, keep, leastOf(graph, { keep }));
    }
  });

  it('tells what is computed again, and the multiply-adds', () => {
    const { graph, keep } = trainingGraph(80, 1 / 4, 4);
    const { plan: whole } = planGraph(graph, { keep });
    const plan = check(graph, keep, 0.7 * slotBytes(whole));
    const { nodes = [], multiplyAdds = 0 } = plan.recomputed ?? {};
    expect(new Set(nodes.map(({ label }) => label)).size).toBeGreaterThan(5);
    const named = ({ op, label }: GraphNode): string => `${op.name} ${label}`;
    const known = new Set(whole.nodes.map(named));
    expect(nodes.map(named).filter((name) => !known.has(name))).toEqual([]);
    expect(multiplyAdds).toBe(nodes.reduce((sum, node) => sum + multiplyAddsOf(node), 0));
    expect(multiplyAdds).toBe(workOf(plan.launches).multiplyAdds - workOf(whole.launches).multiplyAdds);
    expect(multiplyAdds).toBeGreaterThan(0);
  });

  it.each([-1, NaN])('refuses %d bytes', (memory) => {
    const { graph } = randomGraph(4);
    expect(() => planGraphWithin(graph, {}, memory)).toThrow(ValueError);
  });
});

describe('Table 1 at batch 8', () => {
  const { graph, keep } = trainingGraph(224, 1, 8, 1000);
  const { plan: whole } = planGraph(graph, { keep });
  const work = workOf(whole.launches).multiplyAdds;

  it.each([
    [0.75, 0.005],
    [0.65, 0.005],
    [0.55, 0.08],
  ])('takes %f of the memory for %f of the multiply-adds more, at most', (share, more) => {
    const { plan } = planGraphWithin(graph, { keep }, share * slotBytes(whole));
    expect(slotBytes(plan)).toBeLessThanOrEqual(share * slotBytes(whole));
    expect((plan.recomputed?.multiplyAdds ?? 0) / work).toBeLessThan(more);
    expect(newKernels(whole, plan)).toEqual([]);
  });

  it('can do with half of the memory', () => {
    expect(leastOf(graph, { keep })).toBeLessThan(0.5 * slotBytes(whole));
  });
});
