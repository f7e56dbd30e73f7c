// Broken files, by chance: `FUZZ` says how many for each reader, `FUZZ_CASE` repeats one.
import { afterAll, expect, it } from 'vitest';
import { table } from '../../src/text/table';
import { READERS } from '../support/fuzz/readers';
import type { Tally } from '../support/fuzz/run_cases';

const CASES = Number(process.env['FUZZ'] ?? 500);
const ONLY = process.env['FUZZ_CASE'];
const tallies: Tally[] = [];

it.each(READERS)(
  '$name: refuses with a typed error, or reads what the file says',
  ({ run }) => {
    const tally = run(CASES, ONLY === undefined ? undefined : Number(ONLY));
    tallies.push(tally);
    if (ONLY !== undefined) return;
    // Otherwise the cases would show nothing.
    expect(tally.cases).toBe(CASES);
    expect(tally.refused).toBeGreaterThan(CASES / 3);
    expect(tally.accepted).toBeGreaterThan(CASES / 100);
  },
  600_000,
);

afterAll(() => {
  const text = table<Tally>(
    [
      { title: 'reader', of: ({ reader }) => reader, align: 'left' },
      { title: 'cases', of: ({ cases }) => `${cases}` },
      { title: 'refused', of: ({ refused }) => `${refused}` },
      { title: 'read', of: ({ accepted }) => `${accepted}` },
      { title: 'slowest', of: ({ slowest }) => `${slowest.toFixed(1)} ms` },
    ],
    tallies,
  );
  console.log(text);
});
