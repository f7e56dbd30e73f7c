import { requireWhole, shown } from '../core/check';
import { FormatError, ValueError } from '../core/errors';
import type { KernelChoices } from '../core/choices';
import type { Settings } from '../optim/optimizer';
import { repeatedKey } from './json_keys';

/** What can be written as JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An optimizer, or an average, as a checkpoint names it. */
export interface NamedSettings {
  readonly name: string;
  readonly settings: Settings;
}

/** What a checkpoint holds besides tensors. */
export interface CheckpointState {
  /** Steps done, so the number of the next one: it and `seed` are the whole state of the counter-based generator. */
  readonly step: number;
  /** Of initial weights, dropout and the order of the data; 32 bits. */
  readonly seed: number;
  readonly optimizer: NamedSettings;
  /** The running average that is kept, if one is. */
  readonly average?: NamedSettings;
  /** Where the data goes on: `next` images of this epoch's order are used up. */
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
    const problem = 'must be finite numbers, strings, true, false, null, arrays and objects';
    throw new ValueError(where, problem, shown(value));
  }
  for (const item of Object.values(value)) requireJson(where, item, depth + 1);
}

function requireNamed(where: string, value: unknown): void {
  const { name, settings } = requireFields(where, value, ['name', 'settings']);
  requireText(`${where}.name`, name);
  if (!isObject(settings)) throw new ValueError(`${where}.settings`, 'must be an object', shown(settings));
  for (const [field, setting] of Object.entries(settings)) {
    if (typeof setting === 'boolean' || Number.isFinite(setting)) continue;
    throw new ValueError(where, `${field} must be a finite number, true or false`, shown(setting));
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
  const state = requireFields('checkpoint', value, names, ['average']);
  requireWhole('checkpoint', 'step', state['step'], 0, LARGEST_WORD);
  requireWhole('checkpoint', 'seed', state['seed'], 0, LARGEST_WORD);
  requireNamed('optimizer', state['optimizer']);
  if (state['average'] !== undefined) requireNamed('average', state['average']);
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

/**
 * @param upgrade makes one of this version of one of an earlier
 * @throws {FormatError} unless this is the JSON text of a state
 */
export function parseState(
  text: string,
  where: string,
  upgrade = (earlier: unknown): unknown => earlier,
): CheckpointState {
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
    state = upgrade(state);
    checkState(state);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new FormatError(`${where}, ${cause.where}`, cause.problem, cause.got, cause.advice, { cause });
  }
  return state;
}
