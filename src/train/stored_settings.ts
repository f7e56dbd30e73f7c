import { requireArray, requireNumber, requireObject, requireOneOf, requireWhole } from '../core/check';
import * as is from '../core/rules';
import type { CheckpointState } from '../io/checkpoint';
import { SOFT_CROSS_ENTROPY } from '../ops/soft_cross_entropy';
import { OPTIMIZERS } from '../optim/registry';
import { FINE_TUNING } from './fine_tuning';
import { AUGMENTATIONS, PRESETS, type RunSettings } from './presets';
import { AVERAGES, RECIPES } from './recipes';
import { DECAYS } from './schedule';

/** Of settings that may be missing. */
const RULES = {
  ...FINE_TUNING,
  ...SOFT_CROSS_ENTROPY,
  balance: is.flag,
  mixUp: is.number({ above: 0, most: 1 }),
};

/** What a checkpoint keeps of a run's settings. */
export const storeSettings = (settings: RunSettings): CheckpointState['settings'] =>
  JSON.parse(JSON.stringify(settings)) as CheckpointState['settings'];

/**
 * The settings that a checkpoint was written with.
 * @throws {ValueError} if it is of a run that had other ones, such as one of a program that uses the library
 */
export function readSettings({ settings }: Pick<CheckpointState, 'settings'>): RunSettings {
  const where = 'settings of the checkpoint';
  const fields = settings as Partial<Record<keyof RunSettings, unknown>>;
  // Earlier versions had no micro-batches, no kernels to leave out, and one recipe.
  const { dropout, microBatches = 1, recompute, exclude = [], recipe = 'adam', average = 'none' } = fields;
  requireObject(where, 'dropout', dropout);
  const { main, aux } = dropout as Partial<RunSettings['dropout']>;
  for (const name of ['size', 'batch', 'steps'] as const) requireWhole(where, name, fields[name], 1);
  requireNumber(where, 'heldOut', fields.heldOut, 0);
  // Below it is a share of somebody's own pictures.
  if (fields.heldOut >= 1) requireWhole(where, 'heldOut', fields.heldOut, 1);
  requireWhole(where, 'microBatches', microBatches, 1);
  if (recompute !== undefined) requireWhole(where, 'recompute', recompute, 1);
  requireArray(where, 'exclude', exclude as readonly unknown[]);
  for (const name of ['warmup', 'seed'] as const) requireWhole(where, name, fields[name], 0);
  for (const name of ['width', 'rate'] as const) requireNumber(where, name, fields[name], 0);
  for (const [name, share] of Object.entries({ main, aux }))
    requireNumber(where, `dropout.${name}`, share, 0);
  if (fields.augment !== undefined) requireOneOf(where, 'augment', fields.augment, AUGMENTATIONS);
  requireOneOf(where, 'preset', fields.preset, Object.keys(PRESETS));
  requireOneOf(where, 'optimizer', fields.optimizer, Object.keys(OPTIMIZERS));
  requireOneOf(where, 'recipe', recipe, Object.keys(RECIPES));
  requireOneOf(where, 'decay', fields.decay, DECAYS);
  requireOneOf(where, 'average', average, AVERAGES);
  if (fields.decay === 'step') requireWhole(where, 'every', fields.every, 1);
  for (const [name, rule] of Object.entries(RULES)) {
    const value = fields[name as keyof typeof RULES];
    if (value !== undefined) rule(where, name, value);
  }
  if (fields.weightDecay !== undefined) requireNumber(where, 'weightDecay', fields.weightDecay, 0);
  return { ...settings, microBatches, exclude, recipe, average } as unknown as RunSettings;
}
