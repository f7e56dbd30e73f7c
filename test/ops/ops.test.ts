import { afterAll, describe, expect, test } from 'vitest';
import { call } from '../support/call';
import { ErrorTable, errorText } from '../support/error_table';
import type { OpCase } from '../support/op_case';
import type { checkOp } from '../support/jobs/check_op';
import type { hostNames } from '../support/jobs/harness';

const files = import.meta.glob<{ cases: readonly OpCase[] }>('./*.cases.ts', { eager: true });

const errors = new ErrorTable();

afterAll(async () => {
  const host = process.env['TEST_HOST'] === 'node' ? 'node' : 'chrome';
  errors.keep(host, await call<typeof hostNames>('hostNames', null));
  console.log(errorText([host]));
});

for (const [file, { cases }] of Object.entries(files)) {
  describe(file.slice(2, -'.cases.ts'.length), () => {
    test.each(cases.map((each) => [each.name, each] as const))('%s', async (name, { op, tolerance }) => {
      const report = await call<typeof checkOp>('checkOp', { name });
      for (const [tensor, found] of Object.entries(report.tensors)) {
        errors.add(`${op.name} ${tensor}`, found, tolerance);
        const seen = `${tensor}: ${JSON.stringify(found)}`;
        expect(found.relative, seen).toBeLessThanOrEqual(tolerance.relative);
        expect(found.nmse, seen).toBeLessThanOrEqual(tolerance.nmse);
      }
      expect(report.repeats, 'a second run must give the same bits').toBe(true);
      expect(report.touchedGuards, 'words written outside of tensors').toBe(0);
    });
  });
}
