// How close plans of the Table 1 network come to what no plan can do without; weights and inputs counted on both sides.
import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../src/core/slices';
import { placeTenants } from '../../../src/graph/memory/place';
import { lowerBound } from '../../../src/graph/memory/lifetimes';
import { layoutFlat } from '../../../src/graph/flat';
import { googlenet } from '../../../src/models/googlenet';
import { checkMemory } from '../../support/check_memory';
import { planGraph } from '../../support/simulate';
import { TARGETS } from '../../../src/core/targets';
import { trainingGraph } from '../../support/training_graph';

/** With Adam: weights, gradients and two moments. */
const FLAT_BUFFERS = { infer: 1, train: 4 };

function graphOf(mode: 'infer' | 'train', batch: number) {
  if (mode === 'train') return trainingGraph(224, 1, batch, 1000);
  const { graph, scores2 } = googlenet({ classes: 1000, batch, aux: false });
  return { graph, keep: new Set([scores2]) };
}

function measure(mode: 'infer' | 'train', batch: number, target: keyof typeof TARGETS) {
  const { graph, keep } = graphOf(mode, batch);
  const planned = planGraph(graph, { keep, target: TARGETS[target] });
  expect(checkMemory(graph, planned, keep)).toEqual([]);
  const { slots, tenants, launches } = planned.plan;
  const layouts = layoutFlat(graph);
  const flat = FLAT_BUFFERS[mode] * layouts.variables.elements * 4;
  const bytes = flat + slots.reduce((sum, size) => sum + size, 0);
  return {
    bytes,
    bound: flat + lowerBound(tenants, launches.length).bytes,
    tenants,
    dispatches: launches.length,
  };
}

describe.each(['gpu', 'swiftshader'] as const)('memory of Table 1, kernels for %s', (target) => {
  it.each([1, 8, 32])('inference of %i: within 1.25 of the lower bound', (batch) => {
    const { bytes, bound } = measure('infer', batch, target);
    expect(bytes / bound).toBeLessThanOrEqual(1.25);
  });

  it.each([1, 8, 32])('a training step of %i: within 1.15 of the lower bound', (batch) => {
    const { bytes, bound } = measure('train', batch, target);
    expect(bytes / bound).toBeLessThanOrEqual(1.15);
  });

  it('inference of 32 images: at most 210 MB', () => {
    expect(measure('infer', 32, target).bytes).toBeLessThanOrEqual(210e6);
  });

  it('a training step of 32 images: at most 1.1 GB', () => {
    expect(measure('train', 32, target).bytes).toBeLessThanOrEqual(1.1e9);
  });
});

describe('memory of Table 1', () => {
  it('is placed in well under 200 ms', () => {
    const { tenants, dispatches } = measure('train', 32, 'swiftshader');
    const start = performance.now();
    atOnce(placeTenants({ tenants, dispatches }));
    expect(performance.now() - start).toBeLessThan(200);
  });
});
