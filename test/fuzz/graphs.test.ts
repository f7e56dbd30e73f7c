// Random networks of random shapes on the device against float64 loops: `FUZZ` / 40 says how many, `FUZZ_CASE` repeats one.
import { afterAll, expect, it } from 'vitest';
import { percent, table } from '../../src/text/table';
import { call } from '../support/call';
import { GUESTS } from '../support/guest';
import type { compareVariedGraph } from '../support/jobs/graph';

/** A network takes as long as some thousand files. */
const CASES = process.env['FUZZ'] === undefined ? 20 : Math.ceil(Number(process.env['FUZZ']) / 40);
const ONLY = process.env['FUZZ_CASE'];
const SEEDS = ONLY === undefined ? Array.from({ length: CASES }, (_, seed) => seed) : [Number(ONLY)];

/**
 * Sums are short here, so a tensor is as far from float64 as float32 loops get, but for luck and for `exp`. Random networks
 * have gradients in which large terms cancel: float32 loops are 2e-5 off in some.
 */
const boundOf = (rounding: number): number => 1e-6 + 3 * rounding;

const nodes = new Map<string, number>();
let worst = { error: 0, where: 'none' };
let nearest = { share: 0, where: 'none' };

const GUEST_RUNS = GUESTS.flatMap((guest) =>
  SEEDS.slice(0, Math.ceil(CASES / 10)).map((seed) => ({ seed, guest })),
);

it.each([
  ...SEEDS.map((seed) => [seed, '', { seed }] as const),
  // It is sure of an image's class: one probability minus 1 has no digits left.
  ...(ONLY === undefined ? [[2, ' with dropout', { seed: 2, guest: 'dropout' }] as const] : []),
  ...GUEST_RUNS.map((run) => [run.seed, ` with ${run.guest}`, run] as const),
])('FUZZ_CASE=%i%s: loss, values and gradients are those of float64 loops', async (seed, guest, run) => {
  const report = await call<typeof compareVariedGraph>('compareVariedGraph', run);
  expect(report.missing).toEqual([]);
  for (const [variant, tensors] of [
    ['fused', report.fused],
    ['kept', report.kept],
  ] as const) {
    for (const [name, { relative, worst: place }] of Object.entries(tensors)) {
      const bound = boundOf(report.rounding[name] ?? 0);
      const where = `seed ${seed}${guest}, ${variant}, ${name}`;
      if (relative > worst.error) worst = { error: relative, where };
      if (relative / bound > nearest.share) nearest = { share: relative / bound, where };
      expect(relative, `${where}: ${JSON.stringify(place)}`).toBeLessThanOrEqual(bound);
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
  console.log(
    `${text}\nlargest error ${worst.error.toExponential(1)} (${worst.where}); ` +
      `nearest to its bound: ${percent(nearest.share)} (${nearest.where})`,
  );
});
