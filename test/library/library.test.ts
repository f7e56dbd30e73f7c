import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { buildLibrary } from '../support/built';
import { call } from '../support/call';
import type { SmallReport, trainSmall, trainSmallBuilt } from '../support/jobs/small_network';

function learned({ first, last, guesses, labels, gradient }: SmallReport): void {
  expect(first).toBeGreaterThan(1); // four classes, nothing learnt: about ln 4
  expect(last).toBeLessThan(0.5);
  // 19 images that it never saw, in batches of 8.
  expect(guesses).toEqual(labels);
  expect(gradient.length).toBe(32 * 16 * 3 * 3);
  expect(gradient.largest).toBeGreaterThan(0);
}

test('a small network, built from the public functions, learns and classifies', async () => {
  learned(await call<typeof trainSmall>('trainSmall', {}));
});

/** Files of dist that an entry loads. */
function loaded(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b[^;]*?(?:\bfrom )?"([^"\n]*)";$/gm,
  );
  for (const [, path = ''] of imports) {
    // Nothing but each other.
    expect(path, file).toMatch(/^\.\.?\//);
    loaded(join(dirname(file), path), found);
  }
  return found;
}

test('so it does with the files that npm run build makes, which import nothing', async () => {
  buildLibrary();
  const [index, doctor] = [loaded('dist/index.js'), loaded('dist/doctor/index.js')];
  // Who only uses the library does not load the cases of its ops.
  for (const file of ['dist/ops/cases/cross_entropy.js', 'dist/doctor/diagnose.js']) {
    expect([index.has(file), doctor.has(file)], file).toEqual([false, true]);
  }
  expect(index.size).toBeGreaterThan(100);
  expect(existsSync('dist/index.d.ts')).toBe(true);
  // By itself, not through the test server's transforms.
  learned(await call<typeof trainSmallBuilt>('trainSmallBuilt', { url: '/files/dist/index.js' }));
});

/** A program that uses the package by its name, as an installed one. */
const CONSUMER = `
import { conv2d, googlenet, openEngine, runOp, sgd, slidingWindow, Trainer, type StepLosses } from 'inception-webgpu';
import { diagnose, diagnosisText, failedKernels, withoutKernels, type Diagnosis } from 'inception-webgpu/doctor';
const { graph, images, scores2 } = googlenet({ classes: 10, batch: 2, inputSize: 80, width: 0.125 });
const trainer = await Trainer.create(await openEngine(), {
  graph, images, heads: [{ name: 'main', scores: scores2, weight: 1 }], optimizer: sgd({ momentum: 0.9 }), rate: 0.01,
});
const losses: StepLosses = await trainer.step(new Float32Array(2 * 3 * 80 * 80), [0, 1]);
// @ts-expect-error: labels are numbers
await trainer.step(new Float32Array(1), ['one']);
console.log(losses.total);
const engine = await openEngine();
const inputs = { x: { shape: [1, 8, 5, 5], data: new Float32Array(200) }, w: { shape: [8, 8, 1, 1], data: new Float32Array(64) } };
const attrs = { window: slidingWindow('conv', 1, 1, 0) };
const { y, dx, dw } = await runOp(engine, conv2d, attrs, { inputs, outputGradients: { dy: new Float32Array(200) } });
const total: number = [y, dx, dw].reduce((sum, { length }) => sum + length, 0);
const forward = await runOp(engine, conv2d, attrs, { inputs });
// @ts-expect-error: no gradient was asked for
console.log(forward.y.length, total, forward.dx);
const diagnosis: Diagnosis = await diagnose(engine);
console.log(diagnosisText(diagnosis), withoutKernels(engine, failedKernels(diagnosis)).software);
`;

const nothing = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: 'es2022',
  types: [] as string[],
};
const nodenext = { ...nothing, module: 'nodenext', lib: ['es2022', 'dom'] };

test.each([
  ['nothing else', nodenext],
  ['a bundler', { ...nothing, module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] }],
  ['@webgpu/types', { ...nodenext, types: ['@webgpu/types'] }],
])('the declarations compile for someone who installs the package and %s', (_what, compilerOptions) => {
  buildLibrary();
  const folder = mkdtempSync(join(tmpdir(), 'inception-'));
  try {
    const installed = join(folder, 'node_modules/inception-webgpu');
    cpSync('dist', join(installed, 'dist'), { recursive: true });
    cpSync('package.json', join(installed, 'package.json'));
    if (compilerOptions.types.length > 0)
      cpSync('node_modules/@webgpu', join(folder, 'node_modules/@webgpu'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'main.ts'), CONSUMER);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
