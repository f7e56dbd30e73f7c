import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/core/errors';
import { adamUpdate } from '../../src/ops/adam';
import { CHUNK_ELEMENTS, optimizerTables } from '../../src/ops/optimizer_table';
import { sgdUpdate } from '../../src/ops/sgd';

const target = { maxWorkgroupsPerDimension: 100, parallelWorkgroups: 16 };

describe('optimizerTables', () => {
  it('writes 8 words per parameter', () => {
    const { table } = optimizerTables([
      { offset: 64, rows: 3, columns: 5, stride: 8 },
      { offset: 128, rows: 1, columns: 7, stride: 7, rateScale: 2, decayScale: 0, frozen: true },
    ]);
    const one = 0x3f800000;
    expect([...table]).toEqual([64, 5, 8, 15, one, one, 0, 0, 128, 7, 7, 7, 0x40000000, 0, 1, 0]);
  });

  it('cuts each parameter into chunks of its own, frozen ones too', () => {
    const { chunks } = optimizerTables([
      { offset: 0, rows: 1, columns: CHUNK_ELEMENTS, stride: CHUNK_ELEMENTS },
      { offset: 8192, rows: 2, columns: CHUNK_ELEMENTS, stride: 5000, frozen: true },
      { offset: 20_000, rows: CHUNK_ELEMENTS + 1, columns: 1, stride: 1 },
    ]);
    const expected = [
      [0, 0],
      [1, 0],
      [1, CHUNK_ELEMENTS],
      [2, 0],
      [2, CHUNK_ELEMENTS],
    ];
    expect([...chunks]).toEqual(expected.flat());
  });

  it.each([
    ['rows that overlap', { offset: 0, rows: 2, columns: 5, stride: 4 }],
    ['no rows', { offset: 0, rows: 0, columns: 5, stride: 5 }],
    ['a fraction', { offset: 0, rows: 1, columns: 2.5, stride: 5 }],
  ])('refuses %s', (_what, parameter) => {
    const good = { offset: 0, rows: 1, columns: 1, stride: 1 };
    expect(() => optimizerTables([good, parameter])).toThrow(ShapeError);
    expect(() => optimizerTables([good, parameter])).toThrow(/^optimizer parameter 1: /);
  });
});

describe('updates', () => {
  it('are one launch with a workgroup per chunk', () => {
    const { workgroups, params } = sgdUpdate({ momentum: 0.9, weightDecay: 1e-4 }, 250, target);
    expect(workgroups).toEqual([84, 3, 1]);
    expect(params).toEqual({ chunks: 250, momentum: 0.9, decay: 1e-4 });
  });

  it('bind no moment where none is kept', () => {
    expect(sgdUpdate({ momentum: 0, weightDecay: 0 }, 1, target).bind).not.toHaveProperty('m');
    expect(sgdUpdate({ momentum: 0.9, weightDecay: 0 }, 1, target).bind).toHaveProperty('m');
    const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
    expect(Object.keys(adamUpdate(options, 1, target).bind).sort()).toEqual([
      'chunks',
      'dw',
      'm',
      'report',
      'table',
      'v',
      'w',
    ]);
  });

  it('round 1 - beta from float64', () => {
    const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
    expect(adamUpdate(options, 1, target).params.one_minus_beta2).toBe(1 - 0.999);
  });
});
