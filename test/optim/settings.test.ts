import { describe, expect, it } from 'vitest';
import { TARGETS } from '../../src/core/targets';
import { layoutVariables } from '../../src/core/variable';
import { defineOptimizer, requireOptimizer } from '../../src/optim/optimizer';
import { adam } from '../../src/optim/adam';
import { equalAverage, exponentialAverage } from '../../src/optim/average';
import { applyGroups, type VariableGroup } from '../../src/optim/groups';
import { rmsprop } from '../../src/optim/rmsprop';
import { sgd } from '../../src/optim/sgd';
import { updateStage } from '../../src/optim/stage';
import { variable } from '../support/weights';

describe('an optimizer', () => {
  it('that is unknown to its settings names the nearest', () => {
    expect(() => sgd({ weightdecay: 1 } as never)).toThrow(
      'sgd: has no such option; got weightdecay; did you mean weightDecay?',
    );
    expect(() => adam({ eps: 1 } as never)).toThrow('adam: has no such option; got eps; did you mean');
  });

  it('of the old kind names its replacement', () => {
    expect(() => requireOptimizer({ kind: 'adam' })).toThrow(
      'optimizer: is made by a function; got an object of the kind "adam"; write adam()',
    );
    expect(() => requireOptimizer({ kind: 'sgd', momentum: 0.9 })).toThrow('write sgd({"momentum":0.9})');
    expect(() => requireOptimizer(adam)).toThrow('must be what the function makes');
  });

  it('keeps momentum only where there is some', () => {
    expect(sgd().slots).toEqual([]);
    expect(sgd({ momentum: 0.9 }).slots).toEqual(['momentum_buffer']);
    expect(adam().slots).toEqual(['exp_avg', 'exp_avg_sq']);
  });

  it.each([
    [{}, ['square_avg']],
    [{ momentum: 0.9 }, ['square_avg', 'momentum_buffer']],
    [{ centered: true }, ['square_avg', 'grad_avg']],
    [{ momentum: 0.9, centered: true }, ['square_avg', 'momentum_buffer', 'grad_avg']],
  ])('keeps what PyTorch does: rmsprop(%j)', (settings, slots) => {
    expect(rmsprop(settings).slots).toEqual(slots);
  });

  describe('of another kind is refused', () => {
    const withSlots = (...slots: string[]) =>
      defineOptimizer({
        name: 'own',
        rate: 1,
        schema: {},
        rule: sgd().rule,
        slots: () => slots,
        params: () => ({ momentum: 0, weight_decay: 0, nesterov: 0 }),
      });

    it('not with as many slots as a rule takes', () =>
      expect(withSlots('a', 'b', 'c')().slots).toHaveLength(3));

    it('with more', () => {
      const message = 'own: may have at most 3 slots; got a, b, c, d';
      expect(withSlots('a', 'b', 'c', 'd')).toThrow(message);
    });

    it.each([['a/b'], ['chunks of state'], [''], ['a', 'a']])('with slots called %j, %j', (...slots) => {
      expect(withSlots(...slots)).toThrow(
        `own: a slot must have a name of its own, of letters, digits and _; got ${JSON.stringify(slots.at(-1))}`,
      );
    });

    it('with factors that are no two numbers', () => {
      const own = defineOptimizer({
        name: 'own',
        rate: 1,
        schema: {},
        rule: sgd().rule,
        slots: () => [],
        params: () => ({ momentum: 0, weight_decay: 0, nesterov: 0 }),
        factors: () => undefined as never,
      });
      expect(() => own().factors(1)).toThrow('own: factors must give two numbers; got nothing');
    });

    it('with a name that an update or a checkpoint uses itself', () => {
      const layout = layoutVariables([variable({ name: 'w', shape: [3] })]);
      const all = { microBatches: 2, average: equalAverage() };
      const { bytes } = updateStage(
        sgd(),
        { variables: layout, gradients: layout, state: layout },
        all,
        TARGETS.gpu,
      );
      for (const name of ['variables', 'weights', ...Object.keys(bytes)]) {
        expect(withSlots(name), name).toThrow('own: a slot must have a name of its own');
      }
    });
  });

  it('rounds 1 - beta from float64', () => expect(adam().params['one_minus_beta2']).toBe(1 - 0.999));
});

describe('groups', () => {
  const variables = ['conv1.weight', 'conv1.bias', 'conv10.bias', 'fc.weight'].map((name) =>
    variable({ name, shape: [3] }),
  );
  const changed = (...groups: VariableGroup[]) =>
    applyGroups(variables, groups).map(({ trainable, rateScale, decayScale }) => [
      trainable,
      rateScale,
      decayScale,
    ]);

  it('match names, patterns and lists, and the last decides', () => {
    expect(
      changed(
        { match: 'conv1.*', trainable: false },
        { match: '*.bias', decayScale: 0 },
        { match: [/^fc/, 'conv1.bias'], rateScale: 10, trainable: true },
      ),
    ).toEqual([
      [false, 1, 1],
      [true, 10, 0],
      [true, 1, 0],
      [true, 10, 1],
    ]);
    expect(variables.every(({ trainable }) => trainable)).toBe(true);
  });

  it('leave alone what they say is undefined', () => {
    const unsaid = { trainable: undefined, rateScale: undefined, decayScale: undefined };
    const groups = [
      { match: '*', rateScale: 10 },
      { match: '*', ...unsaid },
    ] as VariableGroup[];
    expect(changed(...groups)).toEqual(variables.map(() => [true, 10, 1]));
  });

  it.each<[string, unknown, string]>([
    ['that name nothing', { match: 'conv2.*' }, 'no variable is called so; got conv2.*; there are conv1.*'],
    ['without match', { trainable: false }, 'a group lacks match'],
    ['with an unknown option', { match: '*', freeze: true }, 'has no such option; got freeze'],
    [
      'with a scale below 0',
      { match: '*', rateScale: -1 },
      'rateScale must be a finite float32 number from 0; got -1',
    ],
    ['with half a step', { match: '*', from: 0.5 }, 'from must be a whole number from 0; got 0.5'],
    ['that match a number', { match: 3 }, 'match must be a name, a pattern or an array of these; got 3'],
  ])('are refused %s', (_what, group, message) => {
    expect(() => applyGroups(variables, [group as VariableGroup])).toThrow(message);
  });
});

describe('averages', () => {
  it('count from the step that they are told', () => {
    const { factor } = equalAverage({ from: 2 });
    expect([0, 1, 2, 3, 4].map(factor)).toEqual([1, 1, 1, 1 / 2, 1 / 3]);
    expect([0, 1, 2].map(exponentialAverage({ decay: 0.75 }).factor)).toEqual([1, 0.25, 0.25]);
  });

  it('refuse what makes no sense', () => {
    expect(() => exponentialAverage({ decay: 1 })).toThrow(
      'decay must be a finite float32 number from 0 below 1; got 1',
    );
    expect(() => equalAverage({ start: 1 } as never)).toThrow('has no such option; got start');
    expect(() => equalAverage({ from: -1 })).toThrow('from must be a whole number from 0; got -1');
  });
});
