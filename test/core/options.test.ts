import { describe, expect, it } from 'vitest';
import { checkOptions, group, type Rules } from '../../src/core/options';
import * as is from '../../src/core/rules';

interface Sample {
  readonly steps: number;
  readonly rate?: number;
  readonly seed?: number;
  readonly name?: string;
  readonly mode?: 'a' | 'b';
  readonly aux?: boolean;
  readonly then?: () => void;
  readonly heads?: readonly { readonly scores: number }[];
  readonly every?: { readonly seconds: number };
}

const RULES: Rules<Sample> = {
  steps: is.needed(is.whole(1)),
  rate: is.number({ least: 0, below: 1 }),
  seed: is.seed,
  name: is.text,
  mode: is.oneOf('a', 'b'),
  aux: is.flag,
  then: is.callable,
  heads: is.list(is.having('scores')),
  every: group<{ seconds: number }>({ seconds: is.needed(is.number({ above: 0 })) }),
};

const said = (options: unknown): string => {
  try {
    checkOptions<Sample>('fit', options, RULES);
    return 'nothing';
  } catch (error) {
    return String(error);
  }
};

describe('options', () => {
  it.each([
    ['all of them', { steps: 1, rate: 0, seed: 7, name: 'n', mode: 'b', aux: false, then: () => 1 }],
    ['lists and groups', { steps: 9, heads: [{ scores: 1 }], every: { seconds: 0.5 } }],
    ['undefined, which counts as left out', { steps: 1, rate: undefined, every: undefined }],
  ])('takes %s', (_what, options) => expect(said(options)).toBe('nothing'));

  it.each([
    ['nothing', undefined, 'fit: its options must be an object; got nothing'],
    ['null', null, 'fit: its options must be an object; got null'],
    ['one that is missing', { rate: 0.1 }, 'fit: its options lacks steps; got ["rate"]'],
    ['one that is needed and undefined', { steps: undefined }, 'fit: its options lacks steps; got ["steps"]'],
    [
      'one that nobody knows',
      { steps: 1, Rates: 1 },
      /^fit: has no such option; got Rates; did you mean rate\? There are steps, rate, /,
    ],
    ['a fraction', { steps: 1.5 }, 'fit: steps must be a whole number from 1; got 1.5'],
    [
      'a text for a number',
      { steps: 1, rate: '0.5' },
      'fit: rate must be a finite float32 number from 0 below 1; got "0.5"',
    ],
    ['NaN', { steps: 1, rate: NaN }, /rate must be a finite float32 number .* got NaN/],
    [
      'what is infinite as a float32',
      { steps: 1, every: { seconds: 1e39 } },
      /seconds must be a finite float32 number above 0; got 1e\+39/,
    ],
    ['what becomes 1 as a float32', { steps: 1, rate: 1 - 1e-12 }, /rate must be .* below 1/],
    ['what becomes 0 as a float32', { steps: 1, every: { seconds: 1e-60 } }, /seconds must be .* above 0/],
    [
      'a seed beyond 32 bits',
      { steps: 1, seed: 2 ** 32 },
      /seed must be a whole number from 0 to 4294967295/,
    ],
    ['an empty text', { steps: 1, name: '' }, /name must be a string that is not empty/],
    ['another word', { steps: 1, mode: 'c' }, /mode must be one of a, b; got "c"/],
    ['1 for true', { steps: 1, aux: 1 }, /aux must be one of true, false; got 1/],
    ['what cannot be called', { steps: 1, then: 1 }, /then must be a function; got 1/],
    ['no array', { steps: 1, heads: {} }, /heads must be an array; got \{\}/],
    ['an array with one that lacks a field', { steps: 1, heads: [{}] }, /each of heads lacks scores/],
    [
      'an unknown option of a group',
      { steps: 1, every: { second: 1 } },
      /^fit: every: its options lacks seconds/,
    ],
    ['null for a group', { steps: 1, every: null }, /every: its options must be an object; got null/],
  ])('refuses %s', (_what, options, message) => {
    const text = said(options).replace('ValueError: ', '');
    if (typeof message === 'string') expect(text).toBe(message);
    else expect(text).toMatch(message);
  });

  it('a rule that was not called refuses all', () => {
    const rules = { steps: is.number } as never;
    expect(() => checkOptions<object>('own', { steps: 1 }, rules)).toThrow(
      'own: the rule for steps is none yet; call it: is.number()',
    );
  });
});
