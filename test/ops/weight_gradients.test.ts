// Gradients of several layers' weights and biases from one node, their partial sums added up by one launch.
import { expect, it } from 'vitest';
import { call } from '../support/call';
import type { compareLayerGradients } from '../support/jobs/layer_gradients';

const TILES = ['tile 32x32/4x4', 'tile 64x32/8x4'];

it.each([
  { odd: false },
  { odd: true },
  { odd: false, groups: 1 },
  { odd: true, groups: 1 },
  ...TILES.map((kernel) => ({ odd: false, kernel })),
  ...TILES.map((kernel) => ({ odd: false, kernel, groups: 1 })),
])('are those of float64 loops: $odd, $kernel, $groups', async (options) => {
  const report = await call<typeof compareLayerGradients>('compareLayerGradients', options);
  const { odd } = options;
  expect(Object.keys(report.distances)).toHaveLength(12);
  for (const [name, { relative, worst }] of Object.entries(report.distances)) {
    // The tolerance of conv2d: the longest sums here are those of 1150 products, of values six layers deep.
    expect(relative, `${name}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(3e-6);
  }
  expect(report.repeats, 'a second run must give the same bits').toBe(true);
  // One node, whose sums go in vectors unless a layer has odd channels. Without a split there is none.
  const isSplit = !('groups' in options);
  expect(report.vectors).toEqual(isSplit ? [!odd] : []);
  if (isSplit) expect(Math.max(...report.splits)).toBeGreaterThan(3);
  else expect(Math.max(...report.splits)).toBe(1);
  if ('kernel' in options) expect(report.files).toEqual(['conv2d_tile_weight.wgsl']);
});
