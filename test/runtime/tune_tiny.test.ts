// Tuning on a device: what is timed, kept and then used; how fast anything is plays no part.
import { expect, test } from 'vitest';
import { call } from '../support/call';
import type { tuneRefused, tuneTiny } from '../support/jobs/tune';

test('forced, it times every kernel of a tiny graph, keeps the choices, and programs follow them', async () => {
  const { candidates, first, second, used, apart } = await call<typeof tuneTiny>('tuneTiny', null);
  expect(first.source).toBe('measured');
  expect(first.notes).toEqual([]);
  expect(Object.keys(first.choices)).toEqual(Object.keys(candidates));
  for (const { problem, kernel, times, excluded } of first.problems) {
    expect(excluded).toEqual([]);
    const timed = times.map((each) => each.kernel);
    expect([...timed].sort(), problem).toEqual([...(candidates[problem] ?? [])].sort());
    expect(timed).toContain(kernel);
    for (const { milliseconds } of times) expect(milliseconds).toBeGreaterThan(0);
  }

  expect(second).toMatchObject({ source: 'stored', choices: first.choices, problems: [] });
  // What leaves nothing to choose is not tuned.
  const tuned = Object.entries(used).filter(([problem]) => problem in candidates);
  expect(tuned.length).toBeGreaterThan(1);
  for (const [problem, kernel] of tuned) expect(kernel, problem).toBe(first.choices[problem]);
  expect(apart).toBeLessThan(1e-5);
});

test('kernels that the device refuses are passed over in words, and leave no error behind', async () => {
  const found = await call<typeof tuneRefused>('tuneRefused', null);
  expect(found?.times.length).toBe(2);
  expect(found?.excluded.map(({ kernel }) => kernel)).toEqual(['broken', 'clashing']);
  const [broken, clashing] = found?.excluded ?? [];
  expect(broken?.because).toMatch(/^broken\.wgsl.*: the driver refuses this shader; got broken\.wgsl:\d+/);
  expect(clashing?.because).toMatch(/^clashing: the device refuses it; got /);
});
