import { ValueError } from './errors';

/** What kind of thing a value is, in any realm: `Uint8Array`, `Array`, `Number`, `Null`. */
export const typeName = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

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
  if (typeName(bytes) !== 'Uint8Array') {
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
