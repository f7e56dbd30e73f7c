import { describe, expect, it } from 'vitest';
import { uniform, uniformInSlices } from '../../src/core/random';
import { atOnce } from '../../src/core/slices';

describe('atOnce', () => {
  it('runs to the end and gives the result', () => {
    const done: number[] = [];
    const work = function* () {
      for (const part of [1, 2, 3]) {
        done.push(part);
        yield;
      }
      return done.length;
    };
    expect(atOnce(work())).toBe(3);
    expect(done).toEqual([1, 2, 3]);
  });
});

describe('uniformInSlices', () => {
  it.each([65_533, 65_536, 65_537, 200_000])('gives the same %i numbers, and yields on the way', (count) => {
    const work = uniformInSlices(count, 0.3, 5, 'w');
    let slices = 0;
    let step = work.next();
    for (; !step.done; step = work.next()) slices++;
    expect(slices).toBe(Math.floor((count + 3) / 65_536));
    expect(step.value).toEqual(uniform(count, 0.3, 5, 'w'));
  });
});
