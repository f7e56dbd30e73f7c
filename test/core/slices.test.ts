import { describe, expect, it } from 'vitest';
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
