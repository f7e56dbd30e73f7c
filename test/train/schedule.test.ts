import { describe, expect, it } from 'vitest';
import { ValueError } from '../../src/core/errors';
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

/** What torch.optim.lr_scheduler gives, from step 0 on, with a rate of 0.8. */
describe("PyTorch's schedules", () => {
  it.each([
    [
      'OneCycleLR(o, 0.8, total_steps=10)',
      { decay: 'one-cycle', steps: 10 },
      [
        0.032, 0.416, 0.8, 0.7603877056107791, 0.6493965231598104, 0.48900961754903144, 0.3109935824509686,
        0.1506066768401896, 0.03961549438922103, 3.2e-6,
      ],
    ],
    [
      'OneCycleLR(o, 0.8, total_steps=10, pct_start=0.5)',
      { decay: 'one-cycle', steps: 10, warmup: 5 },
      [
        0.032, 0.14447099602436586, 0.416, 0.6875290039756343, 0.8, 0.723607103322788, 0.523607903322788,
        0.2763952966772121, 0.07639609667721206, 3.2e-6,
      ],
    ],
    [
      'PolynomialLR(o, total_iters=8, power=0.5)',
      { decay: 'polynomial', steps: 8 },
      [
        0.8, 0.7483314773547883, 0.6928203230275509, 0.6324555320336759, 0.565685424949238,
        0.4898979485566356, 0.4, 0.282842712474619, 0, 0,
      ],
    ],
    ['StepLR(o, 3, 0.96)', { decay: 'step', every: 3 }, [0.8, 0.8, 0.8, 0.768, 0.768, 0.768, 0.73728]],
    [
      'LambdaLR(o, lambda s: (s + 1) / 4 if s < 4 else 0.5 ** ((s - 4) // 2))',
      { decay: 'step', every: 2, factor: 0.5, warmup: 4 },
      [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.4, 0.4, 0.2],
    ],
    [
      'CosineAnnealingLR(o, 8)',
      { decay: 'cosine', steps: 8 },
      [
        0.8, 0.7695518130045147, 0.682842712474619, 0.553073372946036, 0.4, 0.24692662705396412,
        0.11715728752538102, 0.030448186995485307, 0,
      ],
    ],
  ] as const)('%s', (_call, options, expected) => {
    const found = expected.map((_, step) => warmup({ rate: 0.8, ...options })(step));
    expected.forEach((rate, step) => expect(found[step], `step ${step}`).toBeCloseTo(rate, 12));
  });
});

it('one cycle has no step without a rate, however short it is', () => {
  for (const steps of [1, 2, 3, 4])
    for (const rise of [0, 1, steps])
      for (let step = 0; step < steps; step++) {
        const rate = warmup({ rate: 8, steps, warmup: rise, decay: 'one-cycle' })(step);
        expect(rate, `${step} of ${steps}, ${rise}`).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(8);
      }
});

it('says which number a way to fall needs', () => {
  expect(() => warmup({ rate: 1, decay: 'step', steps: 9 })).toThrow(ValueError);
  expect(() => warmup({ rate: 1, decay: 'step', steps: 9 })).toThrow('warmup: every must be a whole number');
  expect(() => warmup({ rate: 1, decay: 'polynomial' })).toThrow('warmup: steps must be a whole number');
  expect(() => warmup({ rate: 1, decay: 'polynomial', steps: 4, power: 0 })).toThrow('power must be');
});
