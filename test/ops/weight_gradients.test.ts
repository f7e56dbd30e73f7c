// Gradients of several layers' weights and biases from one node, their partial sums added up by one launch.
import { expect, it } from 'vitest';
import { call } from '../support/browser';
import type { compareLayerGradients } from '../support/jobs/layer_gradients';

it.each([false, true])('are those of float64 loops; odd channels: %s', async (odd) => {
  const report = await call<typeof compareLayerGradients>('compareLayerGradients', { odd });
  expect(Object.keys(report.distances)).toHaveLength(12);
  for (const [name, { relative, worst }] of Object.entries(report.distances)) {
    // The tolerance of conv2d: the longest sums here are those of 1150 products, of values six layers deep.
    expect(relative, `${name}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(3e-6);
  }
  expect(report.repeats, 'a second run must give the same bits').toBe(true);
  // One node, whose sums go in vectors unless a layer has odd channels.
  expect(report.vectors).toEqual([!odd]);
  expect(Math.max(...report.splits)).toBeGreaterThan(3);
});
