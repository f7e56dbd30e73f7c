import type { Chance } from '../chance';

/** Options by name, each with values that it may not have. */
export type WrongOptions = Readonly<Record<string, readonly unknown[]>>;

const NOT_WHOLE: readonly unknown[] = [NaN, 1.5, -1, '2', null, 2n, Infinity, 2 ** 53];
const NOT_AN_OBJECT: readonly unknown[] = [null, 1, 'x', 3n, true];
const NOT_A_FUNCTION: readonly unknown[] = [null, 1, 'x', {}];
const SEEDS: readonly unknown[] = [...NOT_WHOLE, 2 ** 32];
const FUSE: readonly unknown[] = [null, 1, 'x', { nonsense: false }, { biasRelu: 1 }];

export const PARAMETERS: WrongOptions = {
  seed: SEEDS,
  initial: ['kaiming', 1, null],
  sead: [1],
  init: ['he'],
};

export const PROGRAM: WrongOptions = {
  keep: [null, 'scores', [null], [{}], ['scores'], 7],
  guardBytes: NOT_WHOLE,
  fuse: FUSE,
  submitSeconds: [0, -1, NaN, '1', null],
  recompute: [null, 1, {}, { memory: 'all' }, { memory: -1 }, { memory: NaN }],
  onProgress: NOT_A_FUNCTION,
  gradients: [...NOT_AN_OBJECT, {}],
  state: [...NOT_AN_OBJECT, {}],
  kept: ['all'],
  batch: [1],
};

export const RUN: WrongOptions = {
  parts: [null, 'forward', ['sideways'], [1]],
  step: [null, 1, 'x'],
  part: [['forward']],
};

export const TRAINER: WrongOptions = {
  heads: [null, [], {}, [{}], [null]],
  optimizer: [null, 'sgd', {}, { kind: 'sgd' }, () => 1],
  rate: [NaN, -1, Infinity, 1e39, '0.1', null, 1n],
  groups: [
    null,
    {},
    [{}],
    [{ match: 'nothing.*' }],
    [{ match: '*', trainable: false }],
    [{ match: '*', frozen: true }],
  ],
  average: [null, {}, 1, 'equal'],
  clip: [0, -1, NaN, Infinity, '1', null],
  stepsInFlight: [0, ...NOT_WHOLE],
  microBatches: [0, ...NOT_WHOLE],
  seed: SEEDS,
  initial: ['kaiming', 1, null],
  parameters: [...NOT_AN_OBJECT, {}],
  resume: [...NOT_AN_OBJECT, {}],
  keep: [null, 'scores', [null], [{}]],
  fuse: FUSE,
  submitSeconds: [0, -1, NaN, '1', null],
  recompute: [null, 1, {}, { memory: 'all' }, { memory: -1 }],
  onProgress: NOT_A_FUNCTION,
  tune: NOT_A_FUNCTION,
  lr: [0.1],
  microbatches: [2],
  epochs: [2],
  freeze: ['conv.*'],
  weight_decay: [0.1],
};

export const CLASSIFIER: WrongOptions = {
  parameters: [...NOT_AN_OBJECT, {}],
  graph: [...NOT_AN_OBJECT, {}],
  images: [...NOT_AN_OBJECT, {}],
  scores: [...NOT_AN_OBJECT, {}],
  fuse: FUSE,
  onProgress: NOT_A_FUNCTION,
  batch: [3],
  top: [1],
};

export const CLASSIFY: WrongOptions = {
  inputs: [null, 1, [], { mata: new Float32Array(1) }, { meta: null }],
  top: [0, 100, ...NOT_WHOLE],
  signal: [1, null, {}, 'x'],
  onProgress: NOT_A_FUNCTION,
  topk: [1],
};

export const FIT: WrongOptions = {
  steps: [...NOT_WHOLE, undefined],
  signal: [1, null, {}, 'x'],
  onStep: NOT_A_FUNCTION,
  onProfile: NOT_A_FUNCTION,
  epochs: [1],
};

export const UPDATE: WrongOptions = {
  clip: [0, -1, NaN, Infinity, '1', null],
  microBatches: [0, ...NOT_WHOLE],
  losses: NOT_WHOLE,
  average: [null, 1, {}],
  trained: [null, 1, [], [null], [{}]],
  assigned: [null, 1, [null], [{}]],
  onProgress: NOT_A_FUNCTION,
  lr: [1],
};

/** An option with a value that it may not have, as a text too. */
export function wrongOption(
  chance: Chance,
  options: WrongOptions,
): { readonly given: object; readonly text: string } {
  const name = chance.pick(Object.keys(options));
  const value = chance.pick(options[name] as readonly unknown[]);
  return { given: { [name]: value }, text: `${name}: ${shownValue(value)}` };
}

export function shownValue(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return String(value);
  if (typeof value === 'number' || value === undefined) return String(value);
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
}
