import type { ShaderModule } from '../core/shader';
import {
  requireArray,
  requireFunction,
  requireNumber,
  requireObject,
  requireOneOf,
  requireRecord,
  shown,
} from '../core/check';
import { checkOptions, requireKnown, type Rules } from '../core/options';
import * as is from '../core/rules';
import { ValueError } from '../core/errors';
import { MOST_SLOTS } from './rule';

/** What an update and a checkpoint call buffers and tensors of their own. */
const OWN_NAMES = 'variables gradients total state chunks sums report average weights'.split(' ');

/** What an optimizer can be told: numbers and switches, by name. */
export type Settings = Readonly<Record<string, number | boolean>>;

/** What a number may be, and what it is unless given. */
export interface NumberSetting {
  readonly default: number;
  /** Default 0. */
  readonly least?: number;
  /** It must stay below this. Default: any finite float32. */
  readonly below?: number;
}

/** The settings of an optimizer, with defaults and ranges. */
export type Schema<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends boolean ? { readonly default: boolean } : NumberSetting;
};

/** How a training step changes the weights: a value that functions such as `sgd` and `adam` make. */
export interface Optimizer {
  readonly name: string;
  /** Learning rate where a trainer is given none. */
  readonly rate: number;
  /** Complete: a checkpoint keeps them. */
  readonly settings: Settings;
  /** What it keeps for each trained number, three at most: a flat buffer for each name, which begins as zeros. */
  readonly slots: readonly string[];
  /** The formula: see update.wgsl. */
  readonly rule: ShaderModule;
  /** Fields of the rule's `struct Params`. */
  readonly params: Readonly<Record<string, number>>;
  /** Two numbers for the rule that change with the step; `count` is 1 in the first. */
  readonly factors: (count: number) => readonly [number, number];
}

/** What makes an optimizer: its name, settings and rule. */
export interface OptimizerKind<S extends Settings> {
  readonly name: string;
  readonly rate: number;
  readonly schema: Schema<S>;
  readonly rule: ShaderModule;
  /** Names of what the optimizer keeps of each trained number, three at most. */
  slots(settings: S): readonly string[];
  /** The fields of `Params` in the WGSL file of the rule. */
  params(settings: S): Readonly<Record<string, number>>;
  /** Default: 1 and 1, which no rule need read. */
  factors?(settings: S, count: number): readonly [number, number];
  /** What the settings' own ranges do not say. @throws {ValueError} */
  check?(settings: S): void;
}

/** Makes an optimizer; `rate` and `defaults` are what it takes where nothing is said. */
export interface OptimizerFunction<S extends Settings = Settings> {
  (settings?: Partial<S>): Optimizer;
  readonly rate: number;
  readonly defaults: S;
}

/** One of which only the name of the optimizer is known. */
export type AnyOptimizerFunction = ((settings?: never) => Optimizer) &
  Pick<OptimizerFunction, 'rate' | 'defaults'>;

const RULE = is.having('file', 'source', 'structs');
const KIND: Rules<OptimizerKind<Settings>> = {
  name: is.needed(is.text),
  rate: is.needed(is.number({ least: 0 })),
  schema: is.needed(is.having()),
  rule: is.needed(RULE),
  slots: is.needed(is.callable),
  params: is.needed(is.callable),
  factors: is.callable,
  check: is.callable,
};

/**
 * A function that makes optimizers of a kind.
 * The function throws {ValueError} for a setting that it does not know or one outside of its range, and for slots that an
 * update cannot keep.
 * @throws {ValueError} for a kind that makes no sense
 */
export function defineOptimizer<S extends Settings>(kind: OptimizerKind<S>): OptimizerFunction<S> {
  checkOptions<OptimizerKind<S>>('defineOptimizer', kind, KIND);
  const { name, rate, schema, rule } = kind;
  const fields = Object.entries<{ readonly default: number | boolean }>(schema);
  const defaults = Object.fromEntries(fields.map(([field, setting]) => [field, setting.default])) as S;
  const make = (given: Partial<S> = {}): Optimizer => {
    requireRecord(name, 'its settings', given);
    requireKnown(name, given, Object.keys(schema));
    const chosen = Object.entries(given).filter(([, value]) => value !== undefined);
    const settings: S = { ...defaults, ...Object.fromEntries(chosen) };
    for (const [field, setting] of fields) requireSetting(name, field, settings[field], setting);
    kind.check?.(settings);
    const slots = requireArray(name, 'slots', kind.slots(settings));
    requireSlots(name, slots);
    const made: Optimizer = {
      name,
      rate,
      settings,
      slots,
      rule,
      params: kind.params(settings),
      factors: (count) => {
        const two: unknown = kind.factors ? kind.factors(settings, count) : [1, 1];
        if (Array.isArray(two) && two.length === 2) return two as [number, number];
        throw new ValueError(name, 'factors must give two numbers', shown(two));
      },
    };
    requireOptimizer(made);
    return made;
  };
  return Object.assign(make, { rate, defaults });
}

function requireSlots(where: string, slots: readonly string[]): void {
  if (slots.length > MOST_SLOTS)
    throw new ValueError(where, `may have at most ${MOST_SLOTS} slots`, slots.join(', '));
  for (const [index, slot] of slots.entries()) {
    if (/^\w+$/.test(slot) && slots.indexOf(slot) === index && !OWN_NAMES.includes(slot)) continue;
    const problem = 'a slot must have a name of its own, of letters, digits and _';
    throw new ValueError(where, problem, shown(slot), `not one of ${OWN_NAMES.join(', ')}`);
  }
}

function requireSetting(
  where: string,
  field: string,
  value: unknown,
  setting: NumberSetting | { readonly default: boolean },
): void {
  if (typeof setting.default === 'boolean') {
    requireOneOf(where, field, value, [true, false]);
    return;
  }
  const { least = 0, below = Infinity } = setting;
  requireNumber(where, field, value, least);
  // Kernels compute in float32.
  if (!Number.isFinite(Math.fround(value)) || Math.fround(value) >= below) {
    throw new ValueError(where, `${field} must be below ${below}, as a float32 number`, shown(value));
  }
}

/** @throws {ValueError} unless a function such as `sgd` made this */
export function requireOptimizer(optimizer: unknown): asserts optimizer is Optimizer {
  if (typeof optimizer === 'function') {
    const advice = `call it: ${optimizer.name || 'adam'}()`;
    throw new ValueError('optimizer', 'must be what the function makes', 'the function', advice);
  }
  requireObject('optimizer', 'it', optimizer);
  const { kind, ...settings } = optimizer as Readonly<Record<string, unknown>>;
  if (typeof kind === 'string') {
    const given = Object.keys(settings).length > 0 ? JSON.stringify(settings) : '';
    const got = `an object of the kind ${shown(kind)}`;
    throw new ValueError('optimizer', 'is made by a function', got, `write ${kind}(${given})`);
  }
  requireObject('optimizer', 'it', optimizer, ['name', 'settings', 'slots', 'rule', 'params', 'factors']);
  const { name, rule, params, factors } = optimizer as Optimizer;
  requireFunction('optimizer', 'factors', factors);
  RULE('optimizer', `the rule of ${name}`, rule);
  for (const [field, value] of Object.entries(params)) is.number()('optimizer', `${field} of ${name}`, value);
}
