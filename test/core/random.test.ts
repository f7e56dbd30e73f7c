import { describe, expect, it } from 'vitest';
import { hashName, permutation, philox, uniform, type Words4 } from '../../src/core/random';

describe('philox', () => {
  // Known answers of the authors' own library: Random123, file kat_vectors, "philox4x32 10".
  it.each<[Words4, readonly [number, number], Words4]>([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('counter %j, key %j', (counter, key, expected) => {
    expect(philox(counter, key)).toEqual(expected);
  });
});

describe('hashName', () => {
  it('is 32-bit FNV-1a', () => {
    // From the authors' test suite, test_fnv.c.
    expect(hashName('')).toBe(0x811c9dc5);
    expect(hashName('a')).toBe(0xe40c292c);
    expect(hashName('foobar')).toBe(0xbf9cf968);
  });
});

describe('uniform', () => {
  it('fills [-bound, bound) evenly', () => {
    const values = uniform(40_000, 0.5, 1, 'w');
    expect(Math.max(...values)).toBeLessThan(0.5);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.5);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    // Standard errors: 0.29 / 200 = 0.0014 of the mean, 0.075 / 200 = 0.0004 of the variance.
    expect(Math.abs(mean)).toBeLessThan(0.006);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
  });

  it('gives each seed and each name its own numbers, and a longer tensor the same ones first', () => {
    const values = uniform(7, 1, 1, 'w');
    expect(uniform(7, 1, 1, 'w')).toEqual(values);
    expect(uniform(9, 1, 1, 'w').subarray(0, 7)).toEqual(values);
    expect(uniform(7, 1, 2, 'w')).not.toEqual(values);
    expect(uniform(7, 1, 1, 'v')).not.toEqual(values);
  });

  it('gives the same numbers in pieces that begin at multiples of 4', () => {
    const whole = uniform(23, 0.3, 5, 'w');
    for (const from of [0, 4, 12, 20]) {
      expect(uniform(23 - from, 0.3, 5, 'w', from)).toEqual(whole.slice(from));
    }
    expect(() => uniform(4, 0.3, 5, 'w', 2)).toThrow(/from/);
  });
});

describe('permutation', () => {
  it('has each index once, in an order of its own for each seed', () => {
    const order = permutation(1000, 5, 'epoch');
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(permutation(1000, 5, 'epoch')).toEqual(order);
    expect(permutation(1000, 6, 'epoch')).not.toEqual(order);
  });

  it('handles one index and none', () => {
    expect([...permutation(1, 0, 'a')]).toEqual([0]);
    expect([...permutation(0, 0, 'a')]).toEqual([]);
  });
});
