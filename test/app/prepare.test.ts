// What `npm start` does before it allocates: on a device with faked limits.
import { describe, expect, it } from 'vitest';
import { memoryOf } from '../../src/app/prepare';
import { LimitError } from '../../src/core/errors';
import { chooseSettings } from '../../src/train/presets';
import { fakeEngine } from '../support/fake_engine';

const GPU = { adapterName: 'a GPU', software: false };
const { settings } = chooseSettings({ preset: 'auto', seed: 0, heldOut: 10 }, GPU);
const MIB = 2 ** 20;

describe('memory of the preset table1', () => {
  it('is told by use', () => {
    const { engine, buffers } = fakeEngine();
    const { bytes, total } = memoryOf(engine, settings);
    expect(bytes.optimizer).toBe(2 * bytes.weights);
    expect(total).toBeGreaterThan(0.9e9);
    expect(total).toBeLessThan(1.1e9);
    expect(buffers.size).toBe(0);
  });

  it('is refused where a device binds too little', () => {
    const { engine } = fakeEngine({ limits: { maxStorageBufferBindingSize: 64 * MIB } });
    const attempt = () => memoryOf(engine, settings);
    expect(attempt).toThrow(LimitError);
    expect(attempt).toThrow(
      'conv1: needs 103 MB in one buffer; got a limit of 67.1 MB; the largest batch that fits is 20',
    );
  });

  it('is refused where it is more than the budget', () => {
    const { engine } = fakeEngine();
    expect(() => memoryOf(engine, settings, 500e6)).toThrow(
      /^memory: needs 1\.\d+ GB|^memory: needs 9\d\d MB.*budget of 500 MB; the largest batch that fits is 1\d$/,
    );
    expect(() => memoryOf(engine, settings, 2e9)).not.toThrow();
  });
});
