import { describe, expect, it } from 'vitest';
import { formatAccuracy, formatDuration, formatWidth } from '../../src/app/format';
import { LossHistory } from '../../src/app/history';

describe('LossHistory', () => {
  const filled = (losses: readonly number[]): LossHistory => {
    const history = new LossHistory();
    losses.forEach((main, index) => {
      history.add({ step: index + 1, rate: 0.1, losses: { main, aux1: 2 * main, aux2: 1 }, seconds: 0.5 });
    });
    return history;
  };

  it('starts at the first loss and stays at a steady one', () => {
    expect(filled([2.3]).loss('main')).toBeCloseTo(2.3, 12);
    expect(filled([2, 2, 2, 2]).smooth.aux1).toEqual(
      [4, 4, 4, 4].map((loss) => expect.closeTo(loss, 12) as number),
    );
  });

  it('follows with a delay, and keeps what was measured', () => {
    const { raw, smooth } = filled([1, 1, 0, 0]);
    expect(raw.main).toEqual([1, 1, 0, 0]);
    expect(smooth.main[2]).toBeGreaterThan(0.5);
    expect(smooth.main[3]).toBeLessThan(smooth.main[2]!);
  });

  it('sums the time and judges the speed by the last steps', () => {
    const history = filled(new Array<number>(30).fill(1));
    expect(history.seconds).toBe(15);
    for (let step = 31; step <= 50; step++) {
      history.add({ step, rate: 0.1, losses: { main: 1, aux1: 1, aux2: 1 }, seconds: 2 });
    }
    expect(history.secondsPerStep).toBe(2);
  });
});

describe('formats', () => {
  it('writes times, shares and widths as people do', () => {
    expect([0, 59.4, 59.6, 252, 3599.6, 3840].map(formatDuration)).toEqual([
      '0 s',
      '59 s',
      '1 min 0 s',
      '4 min 12 s',
      '1 h 0 min',
      '1 h 4 min',
    ]);
    expect(formatAccuracy({ correct: 913, count: 1000 })).toBe('91.3 % (913 of 1000)');
    expect([1, 0.125, 0.3].map(formatWidth)).toEqual(['1', '1/8', '0.3']);
  });
});
