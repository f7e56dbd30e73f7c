import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { call } from './call';
import { distance, shownDistance } from './compare';
import type { addOne, readFile } from './jobs/harness';
import { decode, encode } from './wire';

describe('call', () => {
  it('runs a shader', async () => {
    const { y } = await call<typeof addOne>('addOne', { x: [1, 2.5, -1] });
    expect(y).toEqual([2, 3.5, 0]);
  });

  it('brings back NaN and infinities', async () => {
    const { y } = await call<typeof addOne>('addOne', { x: [NaN, Infinity, -Infinity] });
    expect(y).toEqual([NaN, Infinity, -Infinity]);
  });

  it.each([
    ['a job that throws', 'throwError', /job throwError: Error: thrown on purpose\n\s+at .*harness\.ts/],
    ['a GPU validation error', 'makeGpuError', /job makeGpuError: GPUValidationError: .*faulty/s],
    ['a console error', 'printError', 'job printError: console.error: printed on purpose'],
    ['an unknown name', 'missing', /job missing: no job of this name; there are .*addOne, .*throwError/],
  ])('rejects %s', async (_what, name, message) => {
    await expect(call(name, null)).rejects.toThrow(message);
  });

  it('works again after a failure', async () => {
    expect((await call<typeof addOne>('addOne', { x: [1] })).y).toEqual([2]);
  });

  it('lets jobs read files of the repository as they are', async () => {
    for (const path of ['LICENSE', 'test/support/page.ts']) {
      expect(await call<typeof readFile>('readFile', { path })).toBe(readFileSync(path, 'utf8'));
    }
    const missing = call<typeof readFile>('readFile', { path: 'shaders/missing.wgsl' });
    await expect(missing).rejects.toThrow(/no such file.*shaders\/missing\.wgsl/);
  });
});

describe('encode and decode', () => {
  it('keep what JSON loses', () => {
    const value = { a: [NaN, Infinity, -Infinity, -0, 0, 1e-45], b: null, c: { d: 'NaN' } };
    expect(decode(encode(value))).toStrictEqual(value);
    expect(decode(encode(new Uint8Array([1, 2])))).toEqual([1, 2]);
  });
});

it('tells of a NaN that it is one', () => {
  expect(shownDistance(distance([1, NaN], [1, 2]))).toBe(
    'element 1 is NaN, should be 2; Infinity of the largest, NMSE Infinity',
  );
});
