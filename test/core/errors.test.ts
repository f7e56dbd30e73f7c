// An error's name is what programs and people tell it by, also where the library was minified.
import { readFileSync } from 'node:fs';
import { transformWithEsbuild } from 'vite';
import { expect, it } from 'vitest';
import * as errors from '../../src/core/errors';

const FILE = 'src/core/errors.ts';

/** The classes as a minifier leaves them, under the names that the file exports. */
async function minified(): Promise<typeof errors> {
  const source = readFileSync(FILE, 'utf8');
  const { code } = await transformWithEsbuild(source, FILE, {
    minify: true,
    format: 'esm',
    sourcemap: false,
  });
  expect(code).not.toMatch(/class EngineError/);
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as typeof errors;
}

const made = (classes: typeof errors) =>
  Object.entries(classes).map(
    ([name, type]) => [name, new (type as typeof errors.ValueError)('here', 'is wrong')] as const,
  );

it.each([
  ['the sources', () => Promise.resolve(errors)],
  ['minified code', minified],
])('%s: each error carries the name of its class, and is an EngineError', async (_what, load) => {
  const classes = await load();
  const all = made(classes);
  expect(all.length).toBe(Object.keys(errors).length);
  for (const [name, error] of all) expect(error.name).toBe(name);
  expect(all.every(([, error]) => error instanceof classes.EngineError && error instanceof Error)).toBe(true);
  expect(String(new classes.ValueError('here', 'is wrong'))).toBe('ValueError: here: is wrong');
});
