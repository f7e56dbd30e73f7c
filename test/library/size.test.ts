// What an application takes of the library: what esbuild leaves of an import, minified, and as gzip sends it.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { buildLibrary } from '../support/built';

/** Most kilobytes (1000 bytes) of each import; README.md has them, too. */
const BUDGETS: Readonly<Record<string, number>> = {
  readSafetensors: 3,
  'openEngine, runOp, conv2d': 40,
  'googlenet, openEngine, Trainer, Classifier, sgd': 72,
};

/** Most of each entry, all of it. */
const ENTRIES: Readonly<Record<string, number>> = {
  'inception-webgpu': 98,
  'inception-webgpu/doctor': 103,
  'inception-webgpu/node': 6,
  'inception-webgpu/data': 21,
  'inception-webgpu/data/node': 12,
  'inception-webgpu/explain': 44,
  'inception-webgpu/op': 5,
  'inception-webgpu/shader': 2,
};

const CONTENTS: readonly (readonly [name: string, contents: string, budget: number])[] = [
  ...Object.entries(BUDGETS).map(([names, budget]) => {
    return [names, `export { ${names} } from 'inception-webgpu';`, budget] as const;
  }),
  ...Object.entries(ENTRIES).map(([entry, budget]) => [entry, `export * from '${entry}';`, budget] as const),
];

async function bundled(contents: string): Promise<{ readonly text: string; readonly kilobytes: number }> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    // This project's own says where the sources lie.
    tsconfigRaw: {},
    // Optional peers, which an application has once, and what Node brings.
    external: ['wgsl_reflect', 'sharp', 'node:*'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const text = outputFiles[0]?.text ?? '';
  return { text, kilobytes: gzipSync(text, { level: 9 }).length / 1000 };
}

it('an import takes no more than its budget, and README.md states it', async () => {
  buildLibrary();
  const rows: { readonly kilobytes: number; readonly budget: number; readonly line: string }[] = [];
  for (const [names, contents, budget] of CONTENTS) {
    const { kilobytes } = await bundled(contents);
    rows.push({ kilobytes, budget, line: `${kilobytes.toFixed(1)} of ${budget} kB: ${names}` });
  }
  console.log(rows.map(({ line }) => line).join('\n'));
  expect(rows.filter(({ kilobytes, budget }) => kilobytes > budget)).toEqual([]);
  const readme = readFileSync('README.md', 'utf8');
  for (const [names, , budget] of CONTENTS)
    expect(readme.replace(/\s+/g, ' ')).toContain(`\`${names}\` ${budget} kB`);
});

it('what nobody uses leaves nothing', async () => {
  buildLibrary();
  expect(
    (await bundled(`import 'inception-webgpu'; import { conv2d, Trainer } from 'inception-webgpu';`)).text,
  ).toBe('');
});

it('one op takes no rewrites of graphs, a trainer no tuner', async () => {
  buildLibrary();
  const op = await bundled(`export { runOp, conv2d } from 'inception-webgpu';`);
  const trainer = await bundled(`export { Trainer } from 'inception-webgpu';`);
  const tuner = await bundled(`export { tune } from 'inception-webgpu';`);
  // Words of src/graph/recompute/again.ts and src/runtime/tuning/tune.ts.
  const words = ['cannot be kept to, however much is computed again', 'where nothing is timed'];
  expect(words.map((word) => op.text.includes(word))).toEqual([false, false]);
  expect(words.map((word) => trainer.text.includes(word))).toEqual([true, false]);
  expect(words.map((word) => tuner.text.includes(word))).toEqual([true, true]);
});
