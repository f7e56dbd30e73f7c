import { expect, test } from 'vitest';
import { call } from '../support/browser';
import type { tuneTiny } from '../support/jobs/tune';

test('tunes a tiny graph as on a GPU, keeps the choices, and programs follow them', async () => {
  const { software, told, first, second, used, apart } = await call<typeof tuneTiny>('tuneTiny', {});
  for (const [tuned, because] of [
    [software, /computes on the CPU/],
    [told, /was told/],
  ] as const) {
    expect(tuned).toMatchObject({ source: 'shipped', choices: {}, problems: [] });
    expect(tuned.because).toMatch(because);
  }

  expect(first.source).toBe('measured');
  expect(first.problems.length).toBeGreaterThan(3);
  const times = first.problems.flatMap((each) => each.times.map(({ milliseconds }) => milliseconds));
  expect(times.length).toBeGreaterThan(0);
  for (const time of times) expect(time).toBeGreaterThan(0);

  expect(second).toMatchObject({ source: 'stored', choices: first.choices, problems: [] });
  expect(Object.keys(used).length).toBeGreaterThan(2);
  for (const [problem, kernel] of Object.entries(used)) expect(kernel).toBe(first.choices[problem]);
  expect(apart).toBeLessThan(1e-5);
});
