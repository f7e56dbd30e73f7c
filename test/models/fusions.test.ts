// Fusions change how many dispatches a network takes, not what it computes.
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/core/op';
import { FUSION_NAMES } from '../../src/graph/fuse_options';
import { googlenet } from '../../src/models/googlenet';
import { call } from '../support/call';
import type { compareFusions } from '../support/jobs/fusions';
import { planGraph } from '../support/simulate';
import { trainingGraph } from '../support/training_graph';

/** The tolerance of conv2d: sums of up to some thousand products in another order, the more so in later layers. */
const TOLERANCE = 5e-6;

describe('a training step of the small network', () => {
  it('gives the same losses, scores and gradients without any or each fusion, in more dispatches', async () => {
    const { dispatches, without } = await call<typeof compareFusions>('compareFusions', {});
    expect(Object.keys(without)).toEqual(['every', ...FUSION_NAMES]);
    for (const [name, { distances, dispatches: more }] of Object.entries(without)) {
      expect(more, `dispatches without ${name}`).toBeGreaterThan(dispatches);
      expect(Object.keys(distances)).toHaveLength(128 + 6);
      for (const [tensor, { relative }] of Object.entries(distances)) {
        expect(relative, `without ${name}: ${tensor}`).toBeLessThanOrEqual(TOLERANCE);
      }
    }
  });
});

describe('dispatches of Table 1 at batch 1', () => {
  const training = (fuse: boolean) => {
    const { graph, keep } = trainingGraph(224, 1, 1, 1000);
    // The update: the gradients' norm in two, and the optimizer.
    return planGraph(graph, { keep, fuse }).plan.launches.length + 3;
  };
  const inference = (fuse: boolean) => {
    const { graph, scores2 } = googlenet({ classes: 1000, batch: 1, aux: false });
    return planGraph(graph, { keep: new Set<Value>([scores2]), fuse }).plan.launches.length;
  };

  it('of one image are 60 at most', () => {
    expect(inference(true)).toBeLessThanOrEqual(60);
    expect(inference(false)).toBeGreaterThan(200);
  });

  it('of a training step, the update included, are 220 at most', () => {
    expect(training(true)).toBeLessThanOrEqual(220);
    expect(training(false)).toBeGreaterThan(600);
  });
});
