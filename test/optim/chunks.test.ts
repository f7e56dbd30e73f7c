import { describe, expect, it } from 'vitest';
import { layoutVariables } from '../../src/core/variable';
import { CHUNK_ELEMENTS, chunkCount, chunkTable } from '../../src/optim/chunks';
import { variable } from '../support/weights';

describe('chunkTable', () => {
  const a = variable({ name: 'a', shape: [5], rateScale: 2, decayScale: 0 });
  const frozen = variable({ name: 'frozen', shape: [64] });
  const b = variable({ name: 'b', shape: [3, 2] });
  const one = 0x3f800000;

  it('tells where a variable lies, and where its gradient and slots do', () => {
    const table = chunkTable(layoutVariables([frozen, a, b]), layoutVariables([a, b]));
    expect([...table]).toEqual([
      ...[0, 5, 5, 64, 8, 0, 8, 0x40000000, 0],
      ...[0, 6, 3, 128, 4, 64, 4, one, one],
    ]);
  });

  it('has a rate of 0 for what has not begun', () => {
    const [layout, later] = [layoutVariables([a, b]), layoutVariables([{ ...a, from: 3 }, b])];
    const rates = (step?: number): number[] =>
      [...chunkTable(layout, later, step)].filter((_, at) => at % 9 === 7);
    expect([rates(2), rates(3), rates()]).toEqual([
      [0, one],
      [0x40000000, one],
      [0x40000000, one],
    ]);
  });

  it('cuts each variable into chunks of its own', () => {
    const long = variable({ name: 'long', shape: [CHUNK_ELEMENTS + 1] });
    const layout = layoutVariables([a, long]);
    const table = chunkTable(layout, layout);
    expect(chunkCount(table)).toBe(3);
    expect([...table.subarray(18, 20)]).toEqual([CHUNK_ELEMENTS, CHUNK_ELEMENTS + 1]);
  });
});
