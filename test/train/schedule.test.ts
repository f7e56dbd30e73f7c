import { describe, expect, it } from 'vitest';
import { warmup } from '../../src/train/schedule';

const rates = (options: Parameters<typeof warmup>[0], steps: readonly number[]) => steps.map(warmup(options));

describe('warmup', () => {
  it('rises in a straight line, then stays', () => {
    expect(rates({ rate: 8, warmup: 4 }, [0, 1, 2, 3, 4, 1000])).toEqual([2, 4, 6, 8, 8, 8]);
  });

  it('is the rate from the first step without a warm-up', () => {
    expect(rates({ rate: 8 }, [0, 1])).toEqual([8, 8]);
  });

  it('falls to 0 in a straight line, and stays there', () => {
    expect(rates({ rate: 8, warmup: 2, steps: 6, decay: 'linear' }, [1, 2, 3, 4, 5, 6, 7])).toEqual([
      8, 8, 6, 4, 2, 0, 0,
    ]);
  });

  it('falls along half a cosine', () => {
    const found = rates({ rate: 8, steps: 6, decay: 'cosine' }, [0, 2, 3, 4, 6, 9]);
    [8, 6, 4, 2, 0, 0].forEach((rate, index) => expect(found[index]).toBeCloseTo(rate, 12));
  });
});
