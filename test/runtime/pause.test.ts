import { describe, expect, it } from 'vitest';
import { sumProgress, type CompileProgress } from '../../src/runtime/compile_kernels';
import { withPauses } from '../../src/runtime/pause';

const busyFor = (milliseconds: number): void => {
  const start = performance.now();
  while (performance.now() - start < milliseconds);
};

describe('withPauses', () => {
  it('lets timers run between slices, and gives the result', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const work = function* () {
      for (let slice = 0; slice < 6; slice++) {
        busyFor(12);
        yield;
      }
      return turns;
    };
    // A timer of Node's waits 1 ms, so some pauses may find none due.
    expect(await withPauses(work())).toBeGreaterThanOrEqual(3);
    clearInterval(timer);
  });

  it('does not pause for short work, and passes errors on', async () => {
    let turns = 0;
    const timer = setTimeout(() => turns++, 0);
    const short = function* () {
      yield;
      return turns;
    };
    expect(await withPauses(short())).toBe(0);
    clearTimeout(timer);
    const failing = function* () {
      yield;
      throw new Error('no');
    };
    await expect(withPauses(failing())).rejects.toThrow('no');
  });
});

describe('sumProgress', () => {
  it('tells the sum of all parts', () => {
    const told: CompileProgress[] = [];
    const part = sumProgress((progress) => told.push(progress));
    const [first, second] = [part(), part()];
    first({ done: 0, total: 2 });
    first({ done: 2, total: 2 });
    second({ done: 0, total: 5 });
    second({ done: 4, total: 5 });
    expect(told).toEqual([
      { done: 0, total: 2 },
      { done: 2, total: 2 },
      { done: 2, total: 7 },
      { done: 6, total: 7 },
    ]);
  });
});
