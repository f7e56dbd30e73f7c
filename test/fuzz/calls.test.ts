// Public calls in random order, right and wrong ones, on one engine: each does what it should or says what is wrong with it,
// and nobody else notices. `FUZZ` / 40 says how many programs of calls, `FUZZ_CASE` repeats one.
import { afterAll, expect, it } from 'vitest';
import { table } from '../../src/text/table';
import { call } from '../support/call';
import type { endCalls, randomCalls } from '../support/jobs/calls';

const PROGRAMS = process.env['FUZZ'] === undefined ? 8 : Math.ceil(Number(process.env['FUZZ']) / 40);
const CALLS = 40;
const ONLY = process.env['FUZZ_CASE'];
const SEEDS = ONLY === undefined ? Array.from({ length: PROGRAMS }, (_, seed) => seed) : [Number(ONLY)];

const tally: Record<string, number> = {};

it.each(SEEDS)('FUZZ_CASE=%i: each call does what it should', async (seed) => {
  const report = await call<typeof randomCalls>('randomCalls', { seed, calls: CALLS });
  if (report.wrong !== undefined) expect.fail(`FUZZ_CASE=${seed}: ${report.wrong}\n${report.log.join('\n')}`);
  expect(report.found, 'the losses of a neighbour').toEqual(report.expected);
  for (const [kind, count] of Object.entries(report.tally)) tally[kind] = (tally[kind] ?? 0) + count;
});

afterAll(async () => {
  await call<typeof endCalls>('endCalls', null);
  const text = table(
    [
      { title: 'should have', of: ([kind]: [string, number]) => kind, align: 'left' },
      { title: `calls in ${SEEDS.length} programs`, of: ([, count]) => `${count}` },
    ],
    Object.entries(tally),
  );
  console.log(text);
});
