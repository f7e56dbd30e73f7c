// Submits within a time budget: where they end, what they are cut by, and that they change no bit.
import { describe, expect, it } from 'vitest';
import { cutSubmits } from '../../src/runtime/submits';
import { call } from '../support/call';
import type * as jobs from '../support/jobs/submits';

describe('cutSubmits', () => {
  it.each([
    ['everything fits', [1, 2, 3], 6, [3]],
    ['one more would not', [1, 2, 3], 5.5, [2, 3]],
    ['long ones are alone', [1, 9, 1, 1], 2, [1, 2, 4]],
    ['each is too long', [3, 3, 3], 1, [1, 2, 3]],
    ['no limit', [3, 3, 3], Infinity, [3]],
    ['those that take no time join those before', [2, 0, 0, 2], 2, [3, 4]],
    ['nothing is a submit too', [], 1, [0]],
  ])('%s', (_what, seconds, budget, ends) => {
    expect(cutSubmits(seconds, budget)).toEqual(ends);
  });
});

describe('a training step', () => {
  it('in as many submits as dispatches has the bits of a step in one', async () => {
    const steps = 3;
    const [whole, cut, usual] = await call<typeof jobs.trainWithin>('trainWithin', {
      budgets: [1e9, 1e-15, 1.5],
      steps,
    });
    expect(cut?.losses).toEqual(whole?.losses);
    expect(cut?.weights).toEqual(whole?.weights);
    expect(new Set(whole?.losses).size).toBe(steps);
    const dispatches = whole?.dispatches ?? NaN;
    expect(dispatches).toBeGreaterThan(10);
    // What follows the last dispatch of the program goes with it.
    expect([whole?.submits, cut?.submits]).toEqual([steps, steps * dispatches]);
    expect(usual?.submits).toBe(whole?.submits);
  });

  it.each([0, -1, NaN])('needs some time: not %d', async (seconds) => {
    expect(await call<typeof jobs.refusedBudget>('refusedBudget', { seconds })).toMatch(
      /^ValueError: submitSeconds: must be positive; got /,
    );
  });
});

describe('the search for NaN and the profiler', () => {
  const of = (submitSeconds: number) =>
    call<typeof jobs.othersAtPace>('othersAtPace', { pace: { submitSeconds, multiplyAdds: 1, bytes: 1 } });

  it('keep to the budget, and to one submit where it allows that', async () => {
    const [cut, whole] = [await of(1), await of(1e30)];
    expect(cut.search.dispatches).toBeGreaterThan(20);
    // One more reads the counts.
    expect(cut.search.submits).toBe(cut.search.dispatches + 1);
    expect(whole.search).toEqual({ ...cut.search, submits: 2 });
    expect(cut.profile.submits).toBe(cut.profile.dispatches);
    expect(whole.profile.submits).toBe(whole.method === 'device' ? 1 : whole.profile.dispatches);
  });
});

describe('measured time', () => {
  it('joins submits where the adapter is faster than thought', async () => {
    const pace = { submitSeconds: 60, multiplyAdds: 1, bytes: 1 };
    const { counts, dispatches } = await call<typeof jobs.submitsAtPace>('submitsAtPace', { pace });
    expect(counts).toEqual([dispatches, 1]);
  });

  it('cuts submits where it is slower', async () => {
    const pace = { submitSeconds: 1e-9, multiplyAdds: 1e30, bytes: 1e30 };
    const { counts, dispatches } = await call<typeof jobs.submitsAtPace>('submitsAtPace', { pace });
    expect(counts).toEqual([1, dispatches]);
  });
});
