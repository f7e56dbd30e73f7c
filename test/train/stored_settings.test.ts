import { describe, expect, it } from 'vitest';
import { ValueError } from '../../src/core/errors';
import { chooseSettings } from '../../src/train/presets';
import { readSettings, storeSettings } from '../../src/train/stored_settings';

const wishes = {
  preset: 'small',
  seed: 3,
  heldOut: 10,
  microBatches: 2,
  recompute: 1e8,
  exclude: ['forward quad 16x32'],
} as const;
const { settings } = chooseSettings(wishes, { adapterName: 'a GPU', software: false });

describe('settings of a checkpoint', () => {
  it('come back as they were', () => {
    const stored = JSON.parse(JSON.stringify(storeSettings(settings))) as ReturnType<typeof storeSettings>;
    expect(readSettings({ settings: stored })).toEqual(settings);
  });

  it('may hold out a share of pictures, and vary the others', () => {
    const own = { ...settings, heldOut: 0.2, augment: 'paper' as const };
    expect(readSettings({ settings: storeSettings(own) })).toEqual(own);
  });

  it('of an earlier version come in one part, with everything stored and every kernel', () => {
    const { microBatches, recompute, exclude, recipe, average, ...earlier } = settings;
    expect([microBatches, recompute, exclude]).toEqual([2, 1e8, ['forward quad 16x32']]);
    expect(readSettings({ settings: earlier as never })).toEqual({
      ...{ ...earlier, microBatches: 1, exclude: [] },
      ...{ recipe, average },
    });
    expect([recipe, average]).toEqual(['adam', 'none']);
  });

  it.each([
    [{ microBatches: 0 }, 'microBatches must be a whole number from 1; got 0'],
    [{ recompute: 'much' }, 'recompute must be a whole number from 1; got "much"'],
    [{ exclude: 'all' }, 'exclude must be an array'],
    [{ heldOut: 1.5 }, 'heldOut must be a whole number from 1; got 1.5'],
    [{ heldOut: -0.2 }, 'heldOut must be a finite number from 0; got -0.2'],
    [{ smoothing: 2 }, 'smoothing must be a finite float32 number from 0 to 1; got 2'],
    [{ balance: 'yes' }, 'balance must be one of true, false; got "yes"'],
    [{ recipe: 'own' }, 'recipe must be one of adam, paper, caffe, adamw; got "own"'],
    [{ average: 'some' }, 'average must be one of none, equal, exponential; got "some"'],
    [{ decay: 'step' }, 'every must be a whole number from 1; got nothing'],
    [{ weightDecay: -1 }, 'weightDecay must be a finite number from 0; got -1'],
    [{ batch: 1.5 }, 'batch must be a whole number from 1; got 1.5'],
  ])('that make no sense are refused: %j', (wrong, message) => {
    const attempt = () => readSettings({ settings: { ...storeSettings(settings), ...wrong } });
    expect(attempt).toThrow(ValueError);
    expect(attempt).toThrow(`settings of the checkpoint: ${message}`);
  });
});
