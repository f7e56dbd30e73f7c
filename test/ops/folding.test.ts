// Adapters take 65,535 workgroups in a dimension; what needs more is folded into a second or third one. Tensors that
// large are slow to compute here, so the limit is made small instead.
import { expect, test } from 'vitest';
import { foldWorkgroups } from '../../src/core/rows';
import { call } from '../support/call';
import type { checkFolded } from '../support/jobs/folding';

test.each([
  [1, 100, [1, 1, 1]],
  [100, 100, [100, 1, 1]],
  [101, 100, [51, 2, 1]],
  [250, 100, [84, 3, 1]],
  [65536, 65535, [32768, 2, 1]],
])('%i workgroups, at most %i in a dimension', (groups, limit, expected) => {
  expect(foldWorkgroups(groups, limit)).toEqual(expected);
});

test.each([
  ...['add', 'relu', 'avg_pool', 'max_pool', 'concat', 'bias', 'dropout', 'cross_entropy'].map((name) => [
    name,
    '',
  ]),
  // Winograd's products lie along a dimension of their own, fewer than any adapter's limit.
  ...['quad', 'tile', 'register'].map((family) => ['conv2d', family]),
  ['conv2d, odd channels', 'scalar'],
])('%s %s computes everything in folded workgroups', async (name = '', family = '') => {
  const { tensors, touchedGuards } = await call<typeof checkFolded>('checkFolded', { name, family });
  for (const [tensor, { relative, worst }] of Object.entries(tensors)) {
    expect(relative, `${tensor}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(3e-6);
  }
  expect(touchedGuards).toBe(0);
});
