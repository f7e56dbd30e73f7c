// What needs a device, used wrongly: refused in words before anything is changed, and all works afterwards.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { wrongUse } from '../support/jobs/wrong_use';

describe('what needs a device, used wrongly', () => {
  let report: Awaited<ReturnType<typeof wrongUse>>;
  beforeAll(async () => void (report = await call<typeof wrongUse>('wrongUse', null)));

  it('says where and what', () => expect(report.wrong).toEqual([]));
  it('works afterwards, and leaves no buffer', () => {
    expect(report.total).toBeGreaterThan(0);
    expect(report).toMatchObject({ classified: 6, liveBuffers: 0 });
  });
});
