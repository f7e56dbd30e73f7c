import { ValueError } from './errors';

/** What kind of thing a value is, in any realm: `Uint8Array`, `Array`, `Number`, `Null`. */
export const typeName = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

interface Typed {
  Float32Array: Float32Array;
  Uint32Array: Uint32Array;
  Uint8Array: Uint8Array;
  Uint8ClampedArray: Uint8ClampedArray;
}

/** Whether this is such an array, of any realm; what only claims to be one, or stands for one, is none. */
export const isTyped = <N extends keyof Typed>(value: unknown, name: N): value is Typed[N] =>
  ArrayBuffer.isView(value) && typeName(value) === name;

/**
 * For constructors that only `create` calls.
 * @param made what `create` hands over: callers from JavaScript, who write `new`, give something else
 */
export function requireMade(where: string, made: unknown, field: string): void {
  if (typeof made === 'object' && made !== null && field in made) return;
  throw new ValueError(where, 'cannot be made with new', undefined, `await ${where}.create`);
}

/** A value for an error message, however long or deep it is. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // It nests too deep or contains itself.
  }
  text ??= typeName(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** @throws {ValueError} unless these are bytes, such as those of a file. */
export function requireBytes(where: string, bytes: unknown): asserts bytes is Uint8Array {
  if (!isTyped(bytes, 'Uint8Array')) {
    throw new ValueError(where, 'must be given as a Uint8Array', typeName(bytes));
  }
}

/** @throws {ValueError} unless this is a whole number in the range. */
export function requireWhole(
  where: string,
  name: string,
  value: unknown,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new ValueError(where, `${name} must be a whole number ${range}`, shown(value));
}

/** @throws {ValueError} unless this is a finite number, at least `least`. */
export function requireNumber(
  where: string,
  name: string,
  value: unknown,
  least = -Infinity,
): asserts value is number {
  if (Number.isFinite(value) && (value as number) >= least) return;
  const range = least === -Infinity ? 'a finite number' : `a finite number from ${least}`;
  throw new ValueError(where, `${name} must be ${range}`, shown(value));
}

/** @throws {ValueError} unless this is a string with something in it. */
export function requireText(where: string, name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw new ValueError(where, `${name} must be a string that is not empty`, shown(value));
  }
}

/**
 * For callers from JavaScript: an object with these fields, in place of "cannot read properties of undefined".
 * @throws {ValueError} naming the first that is missing
 */
export function requireObject(
  where: string,
  name: string,
  value: unknown,
  fields: readonly string[] = [],
): void {
  if (typeof value !== 'object' || value === null) {
    throw new ValueError(where, `${name} must be an object`, shown(value));
  }
  const missing = fields.find((field) => (value as Record<string, unknown>)[field] === undefined);
  if (missing !== undefined)
    throw new ValueError(where, `${name} lacks ${missing}`, shown(Object.keys(value)));
}

/** The same, and no array or other collection. */
export function requireRecord(
  where: string,
  name: string,
  value: unknown,
  fields: readonly string[] = [],
): void {
  const type = typeName(value);
  if (type === 'Array') throw new ValueError(where, `${name} must be an object`, shown(value));
  // Whatever these hold, they hold it under no names.
  if (/^(Map|Set|Promise)$/.test(type)) throw new ValueError(where, `${name} must be a plain object`, type);
  requireObject(where, name, value, fields);
}

/** @throws {ValueError} unless this can be called. */
export function requireFunction(where: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw new ValueError(where, `${name} must be a function`, shown(value));
}

/** @throws {ValueError} unless this is one of these. */
export function requireOneOf(where: string, name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new ValueError(where, `${name} must be one of ${allowed.join(', ')}`, shown(value));
}

/** @throws {ValueError} unless this is an array without holes, which loops pass over in silence. */
export function requireArray<T>(where: string, name: string, value: readonly T[]): readonly T[] {
  const given: unknown = value;
  if (!Array.isArray(given)) throw new ValueError(where, `${name} must be an array`, shown(given));
  const hole = given.findIndex((_, index) => !(index in given));
  if (hole >= 0) throw new ValueError(where, `${name} must have no holes`, `one at ${hole}`);
  return value;
}

/** What anything that was thrown says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
