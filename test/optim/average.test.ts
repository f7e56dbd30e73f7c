import { expect, it } from 'vitest';
import { call } from '../support/call';
import type { clippedAverage } from '../support/jobs/update';

it('an average takes the weights as they are, however gradients are clipped', async () => {
  const { weights, average } = await call<typeof clippedAverage>('clippedAverage', null);
  expect(average).toEqual(weights);
});
