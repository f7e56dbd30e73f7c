import { requireWhole, shown } from '../core/check';
import { FormatError, ValueError } from '../core/errors';
import type { KernelChoices } from '../ops/conv/choices';
import type { Optimizer } from '../runtime/update';
import { repeatedKey } from './json_keys';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a checkpoint holds besides tensors. */
export interface CheckpointState {
  /** Steps done, so the number of the next one: it and `seed` are the whole state of the counter-based generator. */
  readonly step: number;
  /** Of initial weights, dropout and the order of the data; 32 bits. */
  readonly seed: number;
  readonly optimizer: Optimizer;
  /** Where the data goes on: `next` pictures of this epoch's order are used up. */
  readonly cursor: { readonly epoch: number; readonly next: number };
  /** Whatever the run was asked for; kept as it is. */
  readonly settings: { readonly [key: string]: Json };
  /** Which program computed: bits are promised only by the same one. `choices` is what `byTable` takes. */
  readonly plan: { readonly version: string; readonly choices: KernelChoices };
  /** Which machine computed. */
  readonly adapter: { readonly name: string; readonly browser: string };
}

type Fields = Readonly<Record<string, unknown>>;

const LARGEST_WORD = 2 ** 32 - 1;
/** Settings deeper than this are nobody's. */
const DEEPEST = 16;

const OPTIMIZER_FIELDS: Readonly<Record<Optimizer['kind'], readonly string[]>> = {
  sgd: ['momentum', 'weightDecay'],
  adam: ['beta1', 'beta2', 'epsilon', 'weightDecay'],
};

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object with just these fields, some of which may be missing. */
function requireFields(
  where: string,
  value: unknown,
  needed: readonly string[],
  further: readonly string[] = [],
): Fields {
  if (!isObject(value)) throw new ValueError(where, 'must be an object', shown(value));
  const missing = needed.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw new ValueError(where, `lacks ${missing}`);
  const unknown = Object.keys(value).find((name) => !needed.includes(name) && !further.includes(name));
  if (unknown !== undefined) throw new ValueError(where, 'has an unknown field', shown(unknown));
  return value;
}

function requireText(where: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new ValueError(where, 'must be a string', shown(value));
}

function requireJson(where: string, value: unknown, depth = 0): void {
  if (depth > DEEPEST) throw new ValueError(where, `may nest ${DEEPEST} deep`);
  if (typeof value === 'number' ? Number.isFinite(value) : value === null || typeof value === 'boolean')
    return;
  if (typeof value === 'string') return;
  if (!Array.isArray(value) && !isObject(value)) {
    throw new ValueError(
      where,
      'must be finite numbers, strings, true, false, null, arrays and objects',
      shown(value),
    );
  }
  for (const item of Object.values(value)) requireJson(where, item, depth + 1);
}

function requireOptimizer(value: unknown): void {
  const where = 'optimizer';
  const kind = isObject(value) ? value['kind'] : undefined;
  if (kind !== 'sgd' && kind !== 'adam') throw new ValueError(where, 'kind must be sgd or adam', shown(kind));
  const fields = requireFields(where, value, ['kind'], OPTIMIZER_FIELDS[kind]);
  for (const [name, number] of Object.entries(fields)) {
    if (name !== 'kind' && !Number.isFinite(number))
      throw new ValueError(where, `${name} must be a finite number`, shown(number));
  }
}

function requirePlan(value: unknown): void {
  const { version, choices } = requireFields('plan', value, ['version', 'choices']);
  requireText('plan.version', version);
  if (!isObject(choices)) throw new ValueError('plan.choices', 'must be an object', shown(choices));
  for (const kernel of Object.values(choices)) requireText('plan.choices', kernel);
}

/** @throws {ValueError} naming the field that is wrong */
export function checkState(value: unknown): asserts value is CheckpointState {
  const names = ['step', 'seed', 'optimizer', 'cursor', 'settings', 'plan', 'adapter'];
  const state = requireFields('checkpoint', value, names);
  requireWhole('checkpoint', 'step', state['step'], 0, LARGEST_WORD);
  requireWhole('checkpoint', 'seed', state['seed'], 0, LARGEST_WORD);
  requireOptimizer(state['optimizer']);
  const { epoch, next } = requireFields('cursor', state['cursor'], ['epoch', 'next']);
  requireWhole('cursor', 'epoch', epoch, 0);
  requireWhole('cursor', 'next', next, 0);
  if (!isObject(state['settings']))
    throw new ValueError('settings', 'must be an object', shown(state['settings']));
  requireJson('settings', state['settings']);
  requirePlan(state['plan']);
  const { name, browser } = requireFields('adapter', state['adapter'], ['name', 'browser']);
  requireText('adapter.name', name);
  requireText('adapter.browser', browser);
}

/** @throws {FormatError} unless this is the JSON text of a state */
export function parseState(text: string, where: string): CheckpointState {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(where, 'its state is not JSON', shown(String(cause)), undefined, { cause });
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new FormatError(where, 'a field of its state stands twice', shown(repeated));
  try {
    checkState(state);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new FormatError(`${where}, ${cause.where}`, cause.problem, cause.got, cause.advice, { cause });
  }
  return state;
}
