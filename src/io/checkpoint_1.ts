/**
 * The first format of checkpoints, which commit 59122ee wrote: it knew two optimizers, which left out what they were not
 * told, and called their slots moment1 and moment2.
 */
import { requireOneOf } from '../core/check';
import type { CheckpointState } from './checkpoint_state';

export const FORMAT_1 = 'inception-webgpu checkpoint 1';

const DEFAULTS: Readonly<Record<string, object>> = {
  sgd: { momentum: 0.9, weightDecay: 0, nesterov: false },
  adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
};

const SLOTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sgd: { moment1: 'momentum_buffer' },
  adam: { moment1: 'exp_avg', moment2: 'exp_avg_sq' },
};

/**
 * The state as it is written now; what is no state stays what it is.
 * @throws {ValueError} for an optimizer that this format does not know
 */
export function stateOfFormat1(state: unknown): unknown {
  if (typeof state !== 'object' || state === null || !('optimizer' in state)) return state;
  const { kind, ...given } = (state.optimizer ?? {}) as Readonly<Record<string, unknown>>;
  requireOneOf('optimizer', 'kind', kind, Object.keys(DEFAULTS));
  return { ...state, optimizer: { name: kind, settings: { ...DEFAULTS[kind as string], ...given } } };
}

/** What a group of tensors is called now; empty for what is kept no longer, undefined for what never was. */
export function slotOfFormat1(
  group: string | undefined,
  optimizer: CheckpointState['optimizer'],
): string | undefined {
  if (group === undefined || group === 'weights') return group;
  const { name, settings } = optimizer;
  const slot = Object.entries(SLOTS[name] ?? {}).find(([earlier]) => earlier === group)?.[1];
  return slot !== undefined && name === 'sgd' && settings['momentum'] === 0 ? '' : slot;
}
