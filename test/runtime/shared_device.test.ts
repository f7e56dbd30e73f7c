// Who shares a device with the engine may make mistakes: they stay theirs, whenever they come.
import { expect, it } from 'vitest';
import { call } from '../support/call';
import type { besideMistakes } from '../support/jobs/shared_device';

it("a caller's mistakes fail no call of the engine, and none is kept from the caller", async () => {
  const found = await call<typeof besideMistakes>('besideMistakes', null);
  expect(found.losses).toHaveLength(3);
  expect([found.excluded, found.timed]).toEqual([[], 2]);
  expect(found.scopes).toBeGreaterThan(10);
  expect(found.scoped).toBe(found.scopes);
  expect(found.told).toBe(found.made);
});
