import { describe, expect, it } from 'vitest';
import { engineOptions } from '../../bench/jobs/engine_choice';

describe('engineOptions', () => {
  const names = ['winograd 4x4', 'quad 16x32', 'scalar 4x4'];

  it('leaves the choice to the engine, unless a kernel is wanted or Winograd is not', () => {
    expect(engineOptions({})).toEqual({});
    expect(engineOptions({ winograd: true }).choose).toBeUndefined();
    expect(engineOptions({ winograd: false }).choose?.('forward', names)).toBe('quad 16x32');
    expect(engineOptions({ kernel: 'scalar 4x4' }).choose?.('forward', names)).toBe('scalar 4x4');
    expect(engineOptions({ kernel: 'tile' }).choose?.('forward', names)).toBeUndefined();
  });
});
