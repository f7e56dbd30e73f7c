// Each kernel of the three forms of convolution, forced. `npm run test:kernels` runs all of them on all cases; the
// default is one small case for each, for pipelines take long to compile on a software adapter.
import { expect, test } from 'vitest';
import { computesOnCpu } from '../../src/core/targets';
import { call } from '../support/call';
import { shownDistance } from '../support/compare';
import type { checkOp } from '../support/jobs/check_op';
import { possibleCases, uncovered, type adapterTarget, type kernelCases } from '../support/jobs/kernel_cases';
import { TARGET } from '../support/simulate';

const everything = process.env['KERNELS'] === 'all';

const found = await call<typeof kernelCases>('kernelCases', { everything });

/** What every kernel can do with. */
const GENEROUS = { subgroupSize: 4, maxWorkgroupStorage: 32768, maxInvocationsPerWorkgroup: 256 };

test('each kernel has a case that it can compute', () => {
  expect(uncovered(possibleCases({ ...TARGET, ...GENEROUS, adapter: 'swiftshader' }))).toEqual([]);
});

test('this adapter runs each kernel, unless it lacks what some need', async () => {
  const target = await call<typeof adapterTarget>('adapterTarget', {});
  const missing = uncovered(found);
  const lacks = Object.entries(GENEROUS).filter(
    ([name, least]) => !((target[name as keyof typeof GENEROUS] ?? 0) >= least),
  );
  if (!computesOnCpu(target)) lacks.push(['a CPU to compute on', 1]); // quads are for those
  if (lacks.length === 0) expect(missing).toEqual([]);
  else console.log(`not run here: ${missing.join(', ')}; the adapter has less than ${lacks.join(', ')}`);
});

test.each(found)('$form by $kernel: $name', async ({ form, kernel, name, tolerance }) => {
  const report = await call<typeof checkOp>('checkOp', { name, force: { form, kernel } });
  expect(report.forced, 'launches by the kernel that this test is about').toBeGreaterThan(0);
  for (const [tensor, error] of Object.entries(report.tensors)) {
    const seen = `${tensor}: ${shownDistance(error)}`;
    expect(error.relative, seen).toBeLessThanOrEqual(tolerance.relative);
    expect(error.nmse, seen).toBeLessThanOrEqual(tolerance.nmse);
  }
  expect(report.repeats, 'a second run must give the same bits').toBe(true);
  expect(report.touchedGuards, 'words written outside of tensors').toBe(0);
});
