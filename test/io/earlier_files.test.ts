// What commit 59122ee wrote still loads, and a run goes on from it as that commit would have gone on, within rounding.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import { distance } from '../support/compare';
import type { EarlierRun, goOnEarlier } from '../support/jobs/earlier_files';

const { runs } = JSON.parse(readFileSync('test/fixtures/59122ee/runs.json', 'utf8')) as {
  readonly runs: Readonly<Record<EarlierRun, { readonly losses: readonly number[] }>>;
};

const NAMES = ['left', 'right', 'last', 'fc'].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]);

const bits = (numbers: readonly number[]): number[] => [
  ...new Uint32Array(Float32Array.from(numbers).buffer),
];

interface Pair {
  readonly name: string;
  readonly found: readonly number[];
  readonly expected: readonly number[];
}

/** Tensors whose bits differ, with how far they are apart. */
const differing = (pairs: readonly Pair[]): string[] =>
  pairs
    .filter(({ found, expected }) => bits(found).join() !== bits(expected).join())
    .map(({ name, found, expected }) =>
      found.length === expected.length
        ? `${name}: ${distance(found, expected).relative} apart`
        : `${name}: ${found.length} numbers in place of ${expected.length}`,
    );

describe('files of 59122ee', () => {
  it.each(['sgd', 'sgd_defaults', 'adam'] as const)('go on: %s', async (run) => {
    const { warning, resumed, loaded, metadata, losses, trained } = await call<typeof goOnEarlier>(
      'goOnEarlier',
      { run },
    );
    const { losses: recorded } = runs[run];
    for (const pairs of [resumed, loaded, trained])
      expect(pairs.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
    expect(differing(resumed)).toEqual([]);
    expect(differing(loaded)).toEqual([]);
    expect(metadata).toMatchObject({ made: 'at 59122ee' });
    // Not to the bit: the gradient of cross-entropy has been computed in another way since, and the trainer says so.
    expect(warning).toMatch(/^the run goes on from its checkpoint within rounding, not bit for bit: /);
    expect(distance(losses, recorded.slice(3)).relative).toBeLessThan(1e-5);
    for (const { name, found, expected } of trained)
      expect(distance(found, expected).relative, name).toBeLessThan(1e-4);
  });
});
