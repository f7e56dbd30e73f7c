// Random networks of random shapes on the device against float64 loops: `FUZZ` says how many, `FUZZ_CASE` repeats one.
import { afterAll, expect, it } from 'vitest';
import { table } from '../../src/core/table';
import { call } from '../support/call';
import type { compareVariedGraph } from '../support/jobs/graph';

/** A network takes as long as some thousand files. */
const CASES = process.env['FUZZ'] === undefined ? 20 : Math.ceil(Number(process.env['FUZZ']) / 40);
const ONLY = process.env['FUZZ_CASE'];
const SEEDS = ONLY === undefined ? Array.from({ length: CASES }, (_, seed) => seed) : [Number(ONLY)];

/** The bound of test/graph/fusion.test.ts: the tolerance of conv2d, and sums are no longer here. */
const BOUND = 3e-6;

const nodes = new Map<string, number>();
let worst = { error: 0, where: '' };

it.each(SEEDS)('FUZZ_CASE=%i: loss, values and gradients are those of float64 loops', async (seed) => {
  const report = await call<typeof compareVariedGraph>('compareVariedGraph', { seed });
  expect(report.missing).toEqual([]);
  for (const [variant, tensors] of [
    ['fused', report.fused],
    ['kept', report.kept],
  ] as const) {
    for (const [name, { relative, worst: place }] of Object.entries(tensors)) {
      if (relative > worst.error) worst = { error: relative, where: `${seed}, ${variant}, ${name}` };
      expect(relative, `seed ${seed}, ${variant}, ${name}: ${JSON.stringify(place)}`).toBeLessThanOrEqual(
        BOUND,
      );
    }
  }
  for (const op of report.ops) nodes.set(op, (nodes.get(op) ?? 0) + 1);
});

afterAll(() => {
  const rows = [...nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = table(
    [
      { title: 'op', of: ([name]: [string, number]) => name, align: 'left' },
      { title: `nodes in ${SEEDS.length} networks`, of: ([, count]) => `${count}` },
    ],
    rows,
  );
  console.log(`${text}\nlargest error ${worst.error.toExponential(1)} (seed ${worst.where})`);
});
