import { afterAll, describe, expect, test } from 'vitest';
import { call } from '../support/call';
import type { OpCase } from '../support/op_case';
import type { checkOp } from '../support/jobs/check_op';

const files = import.meta.glob<{ cases: readonly OpCase[] }>('./*.cases.ts', { eager: true });

/** Largest error of each op's tensors over all its cases, printed at the end. */
const worst = new Map<string, { cases: number; relative: number; nmse: number }>();

afterAll(() => {
  const rows = [...worst].map(([tensor, { cases, relative, nmse }]) => ({
    tensor,
    cases,
    'largest error / largest value': relative.toExponential(1),
    NMSE: nmse.toExponential(1),
  }));
  console.table(rows);
});

for (const [file, { cases }] of Object.entries(files)) {
  describe(file.slice(2, -'.cases.ts'.length), () => {
    test.each(cases.map((each) => [each.name, each] as const))('%s', async (name, { op, tolerance }) => {
      const report = await call<typeof checkOp>('checkOp', { name });
      for (const [tensor, found] of Object.entries(report.tensors)) {
        const key = `${op.name} ${tensor}`;
        const before = worst.get(key) ?? { cases: 0, relative: 0, nmse: 0 };
        worst.set(key, {
          cases: before.cases + 1,
          relative: Math.max(before.relative, found.relative),
          nmse: Math.max(before.nmse, found.nmse),
        });
        const seen = `${tensor}: ${JSON.stringify(found)}`;
        expect(found.relative, seen).toBeLessThanOrEqual(tolerance.relative);
        expect(found.nmse, seen).toBeLessThanOrEqual(tolerance.nmse);
      }
      expect(report.repeats, 'a second run must give the same bits').toBe(true);
      expect(report.touchedGuards, 'words written outside of tensors').toBe(0);
    });
  });
}
