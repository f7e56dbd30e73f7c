// Plans and estimates for an adapter that is not there are made for what it would say of itself.
import { expect, it } from 'vitest';
import { TARGETS } from '../../src/core/targets';
import { call } from '../support/call';
import type { engineTarget } from '../support/jobs/targets';

it('TARGETS says of the software adapters what an engine on them says', async () => {
  const found = await call<typeof engineTarget>('engineTarget', null);
  const target = Object.values(TARGETS).find(({ adapter }) => adapter === found.adapter);
  // GPUs differ; lavapipe has as many lanes as the processor's vectors.
  if (target?.adapter === 'swiftshader') expect(found).toEqual(target);
  else if (target?.adapter === 'llvmpipe') expect({ ...found, subgroupSize: 8 }).toEqual(target);
  else expect(found.maxInvocationsPerWorkgroup).toBeGreaterThanOrEqual(256);
});
