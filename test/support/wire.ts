// How values travel between a test and the page: JSON, but with the numbers that JSON lacks.

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

type NumberArray =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** What a test sees of a job's result: typed arrays have become plain ones. */
export type Received<T> = T extends NumberArray
  ? number[]
  : T extends readonly (infer Item)[]
    ? Received<Item>[]
    : T extends object
      ? { [Key in keyof T]: Received<T[Key]> }
      : T;

const KEY = '$number';

/** Numbers JSON would turn into null or 0 become `{ $number: 'NaN' }`, typed arrays become arrays. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (ArrayBuffer.isView(item) && !(item instanceof DataView)) return Array.from(item as NumberArray);
    if (typeof item !== 'number' || (Number.isFinite(item) && !Object.is(item, -0))) return item;
    return { [KEY]: Object.is(item, -0) ? '-0' : String(item) };
  });
}

export function decode(text: string): unknown {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || !(KEY in item)) return item;
    return Number(item[KEY]);
  });
}
