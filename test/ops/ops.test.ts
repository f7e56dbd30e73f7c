import { afterAll, describe, expect, test } from 'vitest';
import { FILES } from '../../src/ops/cases/support/all';
import { call } from '../support/call';
import type { Lying } from '../support/case_program';
import { shownDistance } from '../support/compare';
import { ErrorTable, errorText } from '../support/error_table';
import type { checkOp } from '../support/jobs/check_op';
import type { hostNames } from '../support/jobs/harness';

const errors = new ErrorTable();

afterAll(async () => {
  const host = process.env['TEST_HOST'] === 'node' ? 'node' : 'chrome';
  errors.keep(host, await call<typeof hostNames>('hostNames', null));
  console.log(errorText([host]));
});

/** By itself, and with every tensor a part of a larger one: other channels before, beside and behind it. */
const LYING: readonly Lying[] = ['alone', 'inside, in vectors', 'inside, odd'];

for (const [file, tables] of Object.entries(FILES)) {
  const runs = tables.flatMap(({ cases }) =>
    cases.flatMap((each) => LYING.map((lying) => ({ each, lying }))),
  );
  describe(file, () => {
    test.each(runs.map((run) => [run.each.name, run.lying, run] as const))(
      '%s (%s)',
      async (name, lying, { each: { op, tolerance } }) => {
        const report = await call<typeof checkOp>('checkOp', { name, lying });
        for (const [tensor, found] of Object.entries(report.tensors)) {
          errors.add(`${op.name} ${tensor}`, found, tolerance);
          const seen = `${tensor}: ${shownDistance(found)}`;
          expect(found.relative, seen).toBeLessThanOrEqual(tolerance.relative);
          expect(found.nmse, seen).toBeLessThanOrEqual(tolerance.nmse);
        }
        expect(report.repeats, 'a second run must give the same bits').toBe(true);
        expect(report.touchedGuards, 'words written outside of tensors').toBe(0);
      },
    );
  });
}
