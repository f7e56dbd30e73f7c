// An optimizer must be everywhere: here each is named where it is missing. No GPU.
import { describe, expect, it } from 'vitest';
import { OPTIMIZERS } from '../../src/optim/registry';
import type { AnyOptimizerFunction } from '../../src/optim/optimizer';
import type { OptimizerCases } from '../../src/optim/optimizer_cases';

type Settings = Readonly<Record<string, number | boolean>>;

const modules = import.meta.glob<Record<string, unknown>>('../../src/optim/*.ts', { eager: true });
const tables = import.meta.glob<{ cases?: OptimizerCases<Settings> }>('../../src/optim/cases/*.ts', {
  eager: true,
});
const texts = import.meta.glob<string>('../../src/optim/*.ts', {
  eager: true,
  query: '?raw',
  import: 'default',
});
const shaders = import.meta.glob<string>('../../shaders/*.wgsl', {
  eager: true,
  query: '?raw',
  import: 'default',
});

const fileName = (path: string): string => path.replace(/^.*\/|\.\w+$/g, '');

const isOptimizer = (value: unknown): value is AnyOptimizerFunction =>
  typeof value === 'function' && 'rate' in value && 'defaults' in value;

/** Every optimizer that a file in src/optim exports, by name, and the text of the file. */
const written = Object.entries(modules).flatMap(([path, exports]) =>
  Object.entries(exports).flatMap(([name, make]) =>
    isOptimizer(make) && fileName(path) !== 'index' ? [{ name, make, text: texts[path] ?? '' }] : [],
  ),
);

/** Rules of an update that are no optimizer: the frame, a running average, what the forward part assigns. */
const OTHER_RULES = ['update', 'average', 'assign'];

const rules = Object.entries(shaders)
  .filter(([path, text]) => text.includes('fn rule(') && !OTHER_RULES.includes(fileName(path)))
  .map(([path]) => fileName(path));

const casesOf = (name: string): OptimizerCases<Settings> | undefined =>
  tables[`../../src/optim/cases/${name}.ts`]?.cases;

/** Settings that none of these change. */
const unchanged = (
  make: AnyOptimizerFunction,
  given: readonly { readonly settings: Partial<Settings> }[],
): string[] =>
  Object.entries(make.defaults)
    .filter(([field, value]) => given.every(({ settings }) => (settings[field] ?? value) === value))
    .map(([field]) => field);

const wrong = (has: (each: (typeof written)[number]) => boolean): string[] =>
  written.filter((each) => !has(each)).map(({ name }) => name);

describe('each optimizer that a file in src/optim exports has', () => {
  it('a line in src/optim/index.ts', () => expect(wrong(({ name }) => name in OPTIMIZERS)).toEqual([]));

  it('a file of cases by its own name', () =>
    expect(wrong(({ name }) => casesOf(name) !== undefined)).toEqual([]));

  it('a doc comment', () =>
    expect(wrong(({ name, text }) => text.includes(` */\nexport const ${name} = `))).toEqual([]));

  it("PyTorch's numbers", () =>
    expect(wrong(({ name }) => (casesOf(name)?.pytorch ?? []).length > 0)).toEqual([]));

  it('settings that it refuses', () =>
    expect(wrong(({ name }) => (casesOf(name)?.refused ?? []).length > 0)).toEqual([]));

  it.each(['cases', 'pytorch'] as const)('%s that change each of its settings', (list) => {
    const missing = written.flatMap(({ name, make }) =>
      unchanged(make, Object.values(casesOf(name)?.[list] ?? {})).map((field) => `${name}: ${field}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('no optimizer is forgotten', () => {
  it('each rule in shaders is that of an optimizer in src/optim', () => {
    const used = Object.values(texts).join('\n');
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter((name) => !used.includes(`/shaders/${name}.wgsl'`))).toEqual([]);
  });

  it('each file of cases is of an optimizer by its name', () => {
    const names = written.map(({ name }) => name);
    expect(
      Object.keys(tables)
        .map(fileName)
        .filter((name) => !names.includes(name)),
    ).toEqual([]);
  });
});
