// Adapters take 65,535 workgroups in a dimension; what needs more is folded into a second or third one. Tensors that
// large are slow to compute here, so the limit is made small instead.
import { expect, test } from 'vitest';
import { foldWorkgroups } from '../../src/core/rows';
import { TABLES } from '../../src/ops/cases/support/all';
import { call } from '../support/call';
import { shownDistance } from '../support/compare';
import { foldedCase, LIMIT } from '../support/folded';
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

const isProduct = (name: string): boolean => /^conv2d|^linear/.test(name);

test.each([
  ...TABLES.filter(({ op }) => !isProduct(op.name)).flatMap((table) => {
    const meant = table.cases.filter(({ name }) => name.endsWith('/many workgroups'));
    return [...new Set([foldedCase(table), ...meant])].flatMap((found) => (found ? [[found.name, '']] : []));
  }),
  // Winograd's products lie along a dimension of their own, fewer than any adapter's limit.
  ...['quad', 'tile', 'register'].map((family) => ['conv2d/many workgroups', family]),
  ['conv2d/many workgroups, odd channels', 'scalar'],
])('%s %s computes everything in folded workgroups', async (name = '', family = '') => {
  const report = await call<typeof checkFolded>('checkFolded', { name, family, limit: LIMIT });
  for (const [tensor, found] of Object.entries(report.tensors)) {
    // Of sums of up to 288 numbers.
    expect(found.relative, `${tensor}: ${shownDistance(found)}`).toBeLessThanOrEqual(3e-6);
  }
  expect(report.touchedGuards).toBe(0);
});
