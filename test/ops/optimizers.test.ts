// Updates of many parameters in one dispatch, where they lie in one flat buffer: slices of a merged matrix, gaps,
// frozen ones, ones with a rate or a decay of their own.
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { checkUpdates, lossesWith } from '../support/jobs/optimizer';
import { adamCases, sgdCases, tolerance } from './optimizer_cases';

const cases = [
  ...sgdCases.map(({ name }) => ['sgd', name] as const),
  ...adamCases.map(({ name }) => ['adam', name] as const),
];

describe.each([null, 2])('updates in workgroups of which a dimension takes %j', (maxWorkgroups) => {
  it.each(cases)('%s: %s', async (kind, name) => {
    const { w, workgroups } = await call<typeof checkUpdates>('checkUpdates', { kind, name, maxWorkgroups });
    expect(workgroups).toEqual(maxWorkgroups === null ? [8, 1, 1] : [2, 4, 1]);
    expect(w.relative, JSON.stringify(w.worst)).toBeLessThanOrEqual(tolerance.relative);
    expect(w.nmse).toBeLessThanOrEqual(tolerance.nmse);
  });
});

it('default to what their documentation says', async () => {
  const [sgd, sgdSpelled, adam, adamSpelled] = await call<typeof lossesWith>('lossesWith', {
    optimizers: [
      { kind: 'sgd' },
      { kind: 'sgd', momentum: 0.9, weightDecay: 0 },
      { kind: 'adam' },
      { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    ],
  });
  expect(sgd).toEqual(sgdSpelled);
  expect(adam).toEqual(adamSpelled);
  expect(sgd).not.toEqual(adam);
});
