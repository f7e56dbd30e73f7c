// Every optimizer of src/optim/index.ts, by the cases that stand beside it: against float64 loops and PyTorch's numbers.
import { describe, expect, it } from 'vitest';
import { uniform } from '../../src/core/random';
import { ValueError } from '../../src/core/errors';
import { casesOf, makeOptimizer, UPDATES } from '../../src/doctor/updates';
import { OPTIMIZERS } from '../../src/optim/registry';
import { call } from '../support/call';
import type { compareUpdate, sevenNumbers, wordsMoved } from '../support/jobs/update';

const NAMES = Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[];

/** Float32 rounds w, the slots and each step a few times, 6e-8 each; a step is at most as large as w. */
const TOLERANCE = { relative: 1e-6, nmse: 1e-13 };

describe.each([null, 2])('updates in workgroups of which a dimension takes %j', (maxWorkgroups) => {
  it.each(UPDATES.map(({ name }) => name))('%s', async (name) => {
    const w = await call<typeof compareUpdate>('compareUpdate', { name, maxWorkgroups });
    expect(w.relative, JSON.stringify(w.worst)).toBeLessThanOrEqual(TOLERANCE.relative);
    expect(w.nmse).toBeLessThanOrEqual(TOLERANCE.nmse);
  });
});

describe.each(NAMES)('%s', (name) => {
  const { reference, pytorch, refused, cases } = casesOf(name);

  it('is called by its own name, with a rate and defaults', () => {
    const optimizer = makeOptimizer(name, {});
    expect(optimizer.name).toBe(name);
    expect(optimizer.rate).toBe(OPTIMIZERS[name].rate);
    expect(optimizer.rate).toBeGreaterThan(0);
    expect(optimizer.settings).toEqual(OPTIMIZERS[name].defaults);
    expect(Object.values(cases)[0]?.settings).toEqual({});
  });

  it.each(pytorch)('$call, in float64', ({ settings, rate, w: expected }) => {
    const own = makeOptimizer(name, settings);
    const w = uniform(7, 1, 7, 'w');
    const numbers = Array.from(w, (start): readonly [number, ...number[]] => [start]);
    for (let count = 1; count <= 3; count++) {
      uniform(7, 1, 7, `dw${count - 1}`).forEach((dw, at) => {
        const [now, ...slots] = numbers[at]!;
        numbers[at] = reference(now, dw, slots, { rate, decayScale: 1, count }, own.settings);
      });
    }
    numbers.forEach(([now], at) => expect(now).toBeCloseTo(expected[at]!, 8));
  });

  it.each(pytorch)('$call, on the GPU', async ({ settings, rate, w: expected }) => {
    const w = await call<typeof sevenNumbers>('sevenNumbers', { name, settings, rate });
    w.forEach((now, at) => expect(Math.abs(now - expected[at]!)).toBeLessThan(1e-6));
  });

  it.each(refused.map((settings) => [JSON.stringify(settings), settings] as const))(
    'refuses %s',
    (_text, settings) => {
      expect(() => makeOptimizer(name, settings)).toThrow(ValueError);
    },
  );

  it('changes the numbers of trained variables, and nothing between or beside them', async () => {
    const report = await call<typeof wordsMoved>('wordsMoved', { name });
    expect(report.elsewhere).toBe(0);
    expect(report.moved).toBeGreaterThan(report.trained * 0.95);
    // What is frozen has no slot.
    expect(report.slots).toBeLessThan(report.variables);
  });
});
