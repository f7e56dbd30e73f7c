// Choosing kernels by their times, which a fake timer makes up.
import { describe, expect, test } from 'vitest';
import { AbortError } from '../../src/core/errors';
import { search, type TuningProgress } from '../../src/runtime/tuning/search';
import { Stopwatch } from '../../src/runtime/tuning/stopwatch';
import { FakeTimer, problem } from '../support/fake_timer';

const plenty = { budget: 1000 };

describe('search', () => {
  test('takes the fastest, told apart although each takes less than a step of the clock', async () => {
    const timer = new FakeTimer({ 'tile a': 0.05, 'register b': 0.04, 'scalar c': 0.5 });
    const [found] = await search([problem('p', 'tile a', 'register b', 'scalar c')], timer, plenty);
    expect(found).toMatchObject({ problem: 'p', shipped: 'tile a', kernel: 'register b' });
    const times = found?.times.map(({ milliseconds }) => milliseconds) ?? [];
    expect(times[0]).toBeCloseTo(0.05, 2);
    expect(times[1]).toBeCloseTo(0.04, 2);
    expect(timer.destroyed).toBe(timer.prepared);
  });

  test('a kernel that is hopeless is not measured again', async () => {
    const timer = new FakeTimer({ 'tile a': 10, 'tile b': 14, 'tile c': 16 });
    await search([problem('p', 'tile a', 'tile b', 'tile c')], timer, plenty);
    expect(['tile a', 'tile b', 'tile c'].map(timer.timed)).toEqual([4, 4, 2]);
  });

  test('the shipped kernel stays where nothing is faster by more than noise', async () => {
    const timer = new FakeTimer({ 'tile a': 10, 'tile b': 9.8 });
    const [found] = await search([problem('p', 'tile a', 'tile b')], timer, plenty);
    expect(found?.kernel).toBe('tile a');
  });

  test('a kernel that the driver refuses is passed over, the shipped one too', async () => {
    const timer = new FakeTimer({ 'register b': 3 });
    const [found] = await search([problem('p', 'tile a', 'register b')], timer, plenty);
    expect(found?.kernel).toBe('register b');
    expect(found?.excluded).toEqual([{ kernel: 'tile a', because: 'tile a: is refused' }]);
  });

  test('so is one that fails as it runs, and its work is freed', async () => {
    const timer = new FakeTimer({ 'tile a': 4, 'register b': 3, 'quad c': 1 });
    timer.failing = 'quad c';
    const [found] = await search([problem('p', 'tile a', 'register b', 'quad c')], timer, plenty);
    expect(found).toMatchObject({ kernel: 'register b' });
    expect(found?.excluded).toEqual([{ kernel: 'quad c', because: 'quad c: fails as it runs' }]);
    expect(timer.destroyed).toBe(timer.prepared);
  });

  test('what never shows on the clock changes nothing', async () => {
    const timer = new FakeTimer({ 'tile a': 0, 'tile b': 0 });
    const [found] = await search([problem('p', 'tile a', 'tile b')], timer, plenty);
    expect(found).toMatchObject({ kernel: 'tile a', times: [] });
    expect(found?.excluded.map(({ because }) => because)).toEqual([
      '1000 repeats do not show on the clock',
      '1000 repeats do not show on the clock',
    ]);
  });

  test('other errors are not swallowed', async () => {
    const timer = new FakeTimer({});
    timer.prepare = () => Promise.reject(new TypeError('a fault of ours'));
    await expect(search([problem('p', 'tile a', 'tile b')], timer, plenty)).rejects.toThrow(
      'a fault of ours',
    );
  });

  test('ends in time: by then the first of each family is known, for the largest problems', async () => {
    const costs = { 'tile a': 100, 'tile b': 50, 'quad c': 90 };
    const timer = new FakeTimer(costs);
    const names = ['tile a', 'tile b', 'quad c'];
    const problems = ['large', 'middle', 'small'].map((name) => problem(name, ...names));
    const found = await search(problems, timer, { budget: 1 });
    expect(found.map(({ times }) => times.map(({ kernel }) => kernel))).toEqual([
      ['tile a', 'quad c'],
      ['tile a'],
      [],
    ]);
    expect(found.map(({ kernel }) => kernel)).toEqual(['quad c', 'tile a', 'tile a']);
    // At most what was under way when the time was up.
    expect(timer.now()).toBeLessThanOrEqual(1000 + 4 * 100);
    expect(timer.destroyed).toBe(timer.prepared);
  });

  test('tells how far it is, and ends when the caller aborts', async () => {
    const controller = new AbortController();
    const seen: TuningProgress[] = [];
    const timer = new FakeTimer({ 'tile a': 5, 'tile b': 5, 'tile c': 5 });
    const onProgress = (progress: TuningProgress): void => {
      seen.push(progress);
      if (progress.done === 2) controller.abort();
    };
    const options = { ...plenty, signal: controller.signal, onProgress };
    await expect(search([problem('p', 'tile a', 'tile b', 'tile c')], timer, options)).rejects.toThrow(
      AbortError,
    );
    expect(seen.map(({ done, count }) => [done, count])).toEqual([
      [1, 3],
      [2, 3],
    ]);
    expect(timer.timed('tile c')).toBe(0);
    expect(timer.destroyed).toBe(timer.prepared);
  });
});

describe('Stopwatch', () => {
  /** Work is its milliseconds; the device's clock counts in steps of 0.1 ms, or stands still. */
  const stopwatch = (device: 'moves' | 'stands still' | 'missing') => {
    let now = 0;
    const run = (work: number): void => void (now += work + 1);
    const clock = (work: number): Promise<number> => {
      run(work);
      return Promise.resolve(device === 'moves' ? Math.floor(work * 10) / 10 : 0);
    };
    const wall = (work: number): Promise<number> => {
      run(work);
      return Promise.resolve(work + 1);
    };
    return new Stopwatch<number>({
      device: device === 'missing' ? undefined : clock,
      wall,
      now: () => now,
    });
  };

  test('goes by the device, also for work too short for its clock', async () => {
    const watch = stopwatch('moves');
    expect(await watch.time(0.05)).toBe(0);
    expect(await watch.time(5)).toBe(5);
    expect(await watch.time(0.05)).toBe(0);
    expect(watch.leastMilliseconds).toBe(8);
  });

  test('goes by the wall where the device has no clock', async () => {
    const watch = stopwatch('missing');
    expect(await watch.time(5)).toBe(6);
    expect(watch.leastMilliseconds).toBe(15);
  });

  test('leaves a clock that stands still once work should have shown on it, and for good', async () => {
    const watch = stopwatch('stands still');
    expect(await watch.time(5)).toBe(0);
    expect(watch.leastMilliseconds).toBe(8);
    expect(await watch.time(30)).toBe(31);
    expect(watch.leastMilliseconds).toBe(15);
    expect(await watch.time(5)).toBe(6);
  });

  test('kernels are told apart by the wall where the clock stands still', async () => {
    const costs: Record<string, number> = { 'tile a': 2, 'register b': 1 };
    const watch = stopwatch('stands still');
    const timer = {
      get leastMilliseconds() {
        return watch.leastMilliseconds;
      },
      now: () => 0,
      prepare: ({ kernel }: { readonly kernel: string }) =>
        Promise.resolve({
          time: (repeats: number) => watch.time(repeats * (costs[kernel] ?? 0)),
          destroy: () => undefined,
        }),
    };
    const [found] = await search([problem('p', 'tile a', 'register b')], timer, plenty);
    expect(found).toMatchObject({ kernel: 'register b', excluded: [] });
  });
});
