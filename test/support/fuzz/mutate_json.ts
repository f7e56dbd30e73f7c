import type { Chance } from './chance';

/** JSON as text: what follows stands in no value that `JSON.stringify` would write. */
const TEXTS: readonly string[] = [
  '-1',
  '-0',
  '0.5',
  '1e-300',
  '1e400',
  '-1e400',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551616',
  '1099511627776',
  '4294967296',
  '2147483648',
  'null',
  'true',
  'NaN',
  '""',
  '"1"',
  '"\\u0000"',
  '"\\ud800"',
  '"F64"',
  '"toString"',
  '[]',
  '[[]]',
  '{}',
  '[0,0]',
  '[1e999,0]',
  '[4294967296,4294967296]',
  '{"__proto__":null}',
  '{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
  '{"constructor":{},"toString":1,"length":3}',
  '{"a":1,"a":1}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  '['.repeat(20_000),
  `[${'1,'.repeat(3000)}1]`,
];

const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  '__metadata__',
  'dtype',
  'shape',
  'data_offsets',
  '',
  '0',
  '\ud800',
  'n'.repeat(5000),
];

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The number of values in a tree, itself included. */
function count(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + Object.values(value).reduce((sum: number, each: Json) => sum + count(each), 0);
}

/** The items of an object or array with one missing, one twice, another order, or one that belongs to nothing. */
const EDITS: readonly ((items: readonly string[], chance: Chance, keyed: boolean) => readonly string[])[] = [
  (items) => items.slice(1),
  (items) => items.slice(0, -1),
  (items) => [...items, ...items.slice(0, 1)],
  (items) => items.toReversed(),
  (items, chance, keyed) => [...items, keyed ? `"extra":${chance.pick(TEXTS)}` : chance.pick(TEXTS)],
  (items, chance, keyed) =>
    keyed ? items.map((item) => item.replace(/^"[^"]*"/, JSON.stringify(chance.pick(KEYS)))) : items.slice(1),
];

/**
 * The JSON text of `value` with one thing in it changed.
 * @param value what a valid file says
 */
export function mutateJson(value: unknown, chance: Chance): string {
  let left = chance.below(count(value as Json));
  const write = (each: Json): string => {
    const chosen = left-- === 0;
    const leaf = typeof each !== 'object' || each === null;
    if (chosen && (leaf || chance.below(3) === 0)) return chance.pick(TEXTS);
    if (leaf) return JSON.stringify(each);
    const keyed = !Array.isArray(each);
    const items = Object.entries(each).map(
      ([key, item]: [string, Json]) => `${keyed ? `${JSON.stringify(key)}:` : ''}${write(item)}`,
    );
    const edited = chosen ? chance.pick(EDITS)(items, chance, keyed) : items;
    return keyed ? `{${edited.join(',')}}` : `[${edited.join(',')}]`;
  };
  return write(value as Json);
}
