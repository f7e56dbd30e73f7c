// What needs a device, called with junk in one argument at a time: a typed error each, and the trainer works afterwards.
import { expect, it } from 'vitest';
import { call } from '../support/call';
import type { junkCalls } from '../support/jobs/junk';

it('each call that makes no sense gives a typed error', async () => {
  const { made, untyped, worksAfterwards } = await call<typeof junkCalls>('junkCalls', null);
  expect(untyped).toEqual([]);
  expect(made).toBeGreaterThan(300);
  expect(worksAfterwards).toBe(true);
});
