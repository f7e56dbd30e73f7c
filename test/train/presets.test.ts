import { describe, expect, it } from 'vitest';
import { ValueError } from '../../src/core/errors';
import { chooseSettings, PRESETS } from '../../src/train/presets';

const GPU = { adapterName: 'nvidia ada', software: false };
const SWIFTSHADER = { adapterName: 'google swiftshader', software: true };
const WISHES = { preset: 'auto', seed: 3, heldOut: 1000 } as const;

describe('chooseSettings', () => {
  it('takes the full network on a GPU, without a word', () => {
    const { settings, because } = chooseSettings(WISHES, GPU);
    expect(settings).toMatchObject({ preset: 'table1', size: 224, width: 1, seed: 3, heldOut: 1000 });
    expect(because).toBeUndefined();
  });

  it('takes the small one where the CPU computes, and says so in one sentence', () => {
    const { settings, because } = chooseSettings(WISHES, SWIFTSHADER);
    expect(settings).toMatchObject({ preset: 'small', size: 80, width: 1 / 8 });
    expect(because).toMatch(
      /^SwiftShader computes on the CPU, so the preset small is used: .*--preset table1.*\.$/,
    );
    expect(chooseSettings(WISHES, { adapterName: 'mesa llvmpipe', software: true }).because).toMatch(
      /^mesa llvmpipe /,
    );
  });

  it('obeys on any adapter', () => {
    const { settings, because } = chooseSettings({ ...WISHES, preset: 'table1' }, SWIFTSHADER);
    expect(settings.preset).toBe('table1');
    expect(because).toBeUndefined();
    expect(chooseSettings({ ...WISHES, preset: 'small' }, GPU).settings.preset).toBe('small');
  });

  it('lets every single wish prevail', () => {
    const wishes = { steps: 7, batch: 3, size: 96, width: 0.25, rate: 0.1, optimizer: 'sgd' } as const;
    expect(chooseSettings({ ...WISHES, ...wishes }, SWIFTSHADER).settings).toMatchObject(wishes);
  });

  it('takes the batch in parts, which must be equal', () => {
    expect(chooseSettings(WISHES, GPU).settings.microBatches).toBe(1);
    const wishes = { microBatches: 4, recompute: 5e8 };
    expect(chooseSettings({ ...WISHES, ...wishes }, GPU).settings).toMatchObject({ ...wishes, batch: 32 });
    const attempt = () => chooseSettings({ ...WISHES, batch: 12, microBatches: 5 }, GPU);
    expect(attempt).toThrow(ValueError);
    expect(attempt).toThrow(
      '--micro-batches: a batch of 12 must come in equal parts; got 5; take one of 1, 2, 3, 4, 6, 12, or another batch',
    );
  });

  it('takes a recipe, of which single wishes change parts', () => {
    const settings = (wishes: object) => chooseSettings({ ...WISHES, ...wishes }, SWIFTSHADER, 1000).settings;
    const { small } = PRESETS;
    expect(settings({})).toMatchObject({ recipe: 'adam', optimizer: 'adam', decay: 'linear', warmup: 10 });
    expect(settings({}).weightDecay).toBeUndefined();
    const paper = { optimizer: 'sgd', rate: 0.004, warmup: 10, decay: 'step', average: 'equal' };
    // 8 epochs of 1000 pictures, 32 at a time.
    expect(settings({ recipe: 'paper' })).toMatchObject({ ...paper, every: 250 });
    const caffe = { optimizer: 'sgd', rate: 0.004, weightDecay: 2e-4, decay: 'polynomial', average: 'none' };
    expect(settings({ recipe: 'caffe' })).toMatchObject(caffe);
    expect(settings({ recipe: 'caffe', decay: 'cosine', rate: 1, weightDecay: 0 })).toMatchObject({
      ...{ ...caffe, decay: 'cosine', rate: 1, weightDecay: 0 },
    });
    // Its rate is for its optimizer.
    expect(settings({ recipe: 'caffe', optimizer: 'adam' }).rate).toBe(small.rates.adam);
    expect(settings({ recipe: 'adamw' })).toMatchObject({ optimizer: 'adamw', decay: 'cosine', warmup: 10 });
    expect(settings({ decay: 'one-cycle', steps: 50 }).warmup).toBe(15);
    expect(settings({ decay: 'one-cycle', steps: 50, warmup: 5 }).warmup).toBe(5);
    expect(() => settings({ steps: 50, warmup: 50 })).toThrow(
      '--warmup: must be shorter than the run, of 50 steps; got 50; give less, or more --steps',
    );
  });

  it("takes the optimizer's own rate", () => {
    const { settings } = chooseSettings({ ...WISHES, optimizer: 'sgd' }, SWIFTSHADER);
    expect(settings.rate).toBe(PRESETS.small.rates.sgd);
  });

  it('lets each class count the same where it is asked to', () => {
    const { settings } = chooseSettings({ ...WISHES, balance: true, smoothing: 0.1 }, GPU, 40, [10, 30]);
    expect(settings).toMatchObject({ balance: true, classWeights: [2, 0.666667], smoothing: 0.1 });
    expect(chooseSettings({ ...WISHES }, GPU, 40, [10, 30]).settings).not.toHaveProperty('classWeights');
  });
});
