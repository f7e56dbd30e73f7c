/**
 * Ten steps of training, to the bit, on SwiftShader. A change that is to leave the arithmetic as it is must leave these
 * hashes as they are; one that changes it says which, and records them anew:
 *
 *     TRAJECTORIES='what is computed in another way' npx vitest run test/guards/trajectories.test.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { Course, trajectory } from '../support/jobs/trajectory';

const FILE = 'test/guards/trajectories.json';
const WHY = process.env['TRAJECTORIES'] ?? '';

interface Recorded {
  readonly hash: string;
  /** The total loss of each step. */
  readonly totals: readonly number[];
}

interface Trajectories {
  /** Which arithmetic the last change of this file changed. */
  readonly why: string;
  readonly adapter: string;
  readonly runtime: string;
  readonly courses: Readonly<Record<string, Recorded>>;
}

const COURSES: Readonly<Record<string, Course>> = {
  sgd: { optimizer: 'sgd', rate: 0.01, microBatches: 1 },
  adam: { optimizer: 'adam', rate: 0.001, microBatches: 1 },
  'adam, 2 micro-batches': { optimizer: 'adam', rate: 0.001, microBatches: 2 },
};

const recorded = JSON.parse(readFileSync(FILE, 'utf8')) as Trajectories;

/** Where a course leaves the recorded one, and what to do. */
function explain(name: string, found: Recorded & { readonly adapter: string; readonly runtime: string }) {
  const { totals = [] } = recorded.courses[name] ?? {};
  const step = found.totals.findIndex((total, index) => total !== totals[index]);
  const where =
    step < 0
      ? 'all total losses are the same'
      : `step ${step} is the first with another loss, ${found.totals[step]} for ${totals[step]}`;
  return (
    `${name}: other bits than recorded: ${where}. If this change is to leave the arithmetic as it is, it does not; ` +
    `else record the bits anew, with the reason: TRAJECTORIES='...' npx vitest run test/guards/trajectories.test.ts. ` +
    `Recorded on ${recorded.adapter} in ${recorded.runtime}, this is ${found.adapter} in ${found.runtime}: ` +
    'if the commit before fails here as well, the browser or the processor computes in another way, not the engine'
  );
}

describe('ten steps', () => {
  it.each(Object.entries(COURSES))('have the bits that were recorded: %s', async (name, course) => {
    const found = await call<typeof trajectory>('trajectory', course);
    const { adapter, runtime, ...bits } = found;
    if (!/swiftshader/i.test(adapter)) {
      // Other adapters add in another order: they only have to do the same each time.
      const again = await call<typeof trajectory>('trajectory', course);
      expect(again, `${name}: two runs on ${adapter} differ`).toEqual(found);
      return;
    }
    const same = bits.hash === recorded.courses[name]?.hash;
    if (WHY !== '' && !same) record({ adapter, runtime }, name, bits);
    else expect(same, explain(name, found)).toBe(true);
  });
});

function record(on: Pick<Trajectories, 'adapter' | 'runtime'>, name: string, bits: Recorded): void {
  const { courses } = JSON.parse(readFileSync(FILE, 'utf8')) as Trajectories;
  const all: Trajectories = { why: WHY, ...on, courses: { ...courses, [name]: bits } };
  writeFileSync(FILE, `${JSON.stringify(all, undefined, 2)}\n`);
}
