// Rules for options, to be imported as `is`: `steps: is.needed(is.whole(1))`.
import {
  requireArray,
  requireFunction,
  requireObject,
  requireOneOf,
  requireText,
  requireWhole,
  shown,
} from './check';
import { ValueError } from './errors';

/** What an option may be. @throws {ValueError} naming it, where it is something else */
export interface Rule {
  (where: string, name: string, value: unknown): void;
  /** Whether it must be given; default no. */
  readonly needed?: true;
}

/** A rule for an option that must be given. */
export type Needed = Rule & { readonly needed: true };

/** The same rule, for an option that must be given. */
export const needed = (rule: Rule): Needed => Object.assign(rule.bind(undefined), { needed: true as const });

/** Any value: what it is used for checks it. */
export const anything: Rule = () => undefined;
/** A string that is not empty. */
export const text: Rule = requireText;
/** A function. */
export const callable: Rule = requireFunction;
/** True or false. */
export const flag: Rule = (where, name, value) => requireOneOf(where, name, value, [true, false]);
/** A whole number, from `least` to `most`. */
export const whole =
  (least: number, most?: number): Rule =>
  (where, name, value) =>
    requireWhole(where, name, value, least, most);
/** A whole number of 32 bits. */
export const seed = whole(0, 0xffffffff);
/** One of the values that are `allowed`. */
export const oneOf =
  (...allowed: readonly unknown[]): Rule =>
  (where, name, value) =>
    requireOneOf(where, name, value, allowed);
/** An object with these `fields`, or more. */
export const having =
  (...fields: readonly string[]): Rule =>
  (where, name, value) =>
    requireObject(where, name, value, fields);
/** An array, each of whose entries keeps to `rule`. */
export const list =
  (rule: Rule): Rule =>
  (where, name, value) =>
    requireArray(where, name, value as readonly unknown[]).forEach((each) =>
      rule(where, `each of ${name}`, each),
    );
/** What a `for` or a `for await` goes through. */
export const iterable: Rule = (where, name, value) => {
  requireObject(where, name, value);
  const { [Symbol.iterator]: one, [Symbol.asyncIterator]: other } = value as Record<symbol, unknown>;
  if (typeof (other ?? one) === 'function') return;
  throw new ValueError(where, `${name} must be iterable`, shown(value));
};
/**
 * A number that is finite as a float32, in which kernels compute.
 * @param range from `least` on, to `most`, above `above`, below `below`
 */
export const number =
  (range: Partial<Readonly<Record<'least' | 'most' | 'above' | 'below', number>>> = {}): Rule =>
  (where, name, value) => {
    const { least = -Infinity, most = Infinity, above = -Infinity, below = Infinity } = range;
    const rounded = typeof value === 'number' ? Math.fround(value) : NaN;
    const finite = Number.isFinite(rounded);
    if (finite && rounded >= least && rounded <= most && rounded > above && rounded < below) return;
    const bounds = [
      least > -Infinity && `from ${least}`,
      most < Infinity && `to ${most}`,
      above > -Infinity && `above ${above}`,
      below < Infinity && `below ${below}`,
    ].filter(Boolean);
    const what = ['a finite float32 number', ...bounds].join(' ');
    throw new ValueError(where, `${name} must be ${what}`, shown(value));
  };
