// `Update` on parameters that share a matrix; the kernels' own cases are in optimizers.test.ts.
import { expect, it } from 'vitest';
import { call } from '../support/call';
import type { mergedUpdate } from '../support/jobs/merged_update';
import { tolerance } from './optimizer_cases';

it.each(['sgd', 'adam'] as const)(
  '%s of parameters that lie side by side leaves the gaps alone',
  async (kind) => {
    const report = await call<typeof mergedUpdate>('mergedUpdate', { kind });
    expect(report.distance.relative).toBeLessThanOrEqual(tolerance.relative);
    expect(report.distance.nmse).toBeLessThanOrEqual(tolerance.nmse);
    expect(report.sizes).toEqual([
      [4, 3, 12],
      [1, 3, 12],
      [4, 6, 12],
      [1, 6, 12],
    ]);
    expect(report.gapsUntouched).toBe(true);
    expect(report.moved).toBe(4 * 3 + 3 + 4 * 6 + 6);
  },
);
