// The package as npm packs it, installed into an empty project.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLibrary } from '../support/built';
import { call } from '../support/call';
import type { trainSmallBuilt } from '../support/jobs/small_network';

const project = mkdtempSync(join(tmpdir(), 'inception-consumer-'));
const installed = join(project, 'node_modules/inception-webgpu');
const shell = process.platform === 'win32';

beforeAll(() => {
  buildLibrary();
  const packed = execFileSync(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', project],
    { shell },
  );
  mkdirSync(installed, { recursive: true });
  const tarball = join(project, packed.toString().trim().split('\n').at(-1) ?? '');
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(project, { recursive: true }));

/** What a program prints that Node runs in the project. */
const run = (code: string, type: 'module' | 'commonjs' = 'module'): string =>
  execFileSync(process.execPath, [`--input-type=${type}`, '--no-warnings', '-e', code], {
    cwd: project,
    encoding: 'utf8',
  }).trim();

test('has all that its exports name, and no tests or sources', () => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  };
  const files = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  );
  expect(files.length).toBeGreaterThan(6);
  expect(files.filter((file) => !existsSync(join(installed, file)))).toEqual([]);
  expect(['src', 'test', 'bench'].filter((folder) => existsSync(join(installed, folder)))).toEqual([]);
});

test('is imported where there is no navigator, and by require', () => {
  const tell = 'console.log(typeof navigator, typeof library.Trainer, typeof library.openEngine)';
  const imported = `delete globalThis.navigator; const library = await import('inception-webgpu'); ${tell}`;
  expect(run(imported)).toBe('undefined function function');
  const required = `delete globalThis.navigator; const library = require('inception-webgpu'); ${tell}`;
  expect(run(required, 'commonjs')).toBe('undefined function function');
});

test('without a GPU says what to do, from each entry', () => {
  const failing = (entry: string, options = '') =>
    run(`const { openEngine } = await import('${entry}');
      await openEngine(${options}).catch(({ name, message }) => console.log(name + ': ' + message));`);
  expect(failing('inception-webgpu')).toMatch(/^NoAdapterError: WebGPU: is not offered here .*recent Chrome/);
  expect(failing('inception-webgpu/node')).toMatch(/^NoAdapterError: .*npm install webgpu/s);
  const empty = '{ gpu: { requestAdapter: () => Promise.resolve(null) } }';
  expect(failing('inception-webgpu/node', empty)).toMatch(/^NoAdapterError: .*Vulkan driver/);
});

test('is bundled by Vite', async () => {
  writeFileSync(join(project, 'main.js'), `export { readSafetensors } from 'inception-webgpu';`);
  const made = await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: 'main.js', formats: ['es'] } },
  });
  const [bundle] = [made].flat();
  const chunk = bundle && 'output' in bundle ? bundle.output[0] : undefined;
  expect(chunk?.exports).toEqual(['readSafetensors']);
  expect(chunk?.code.length).toBeLessThan(12_000);
});

test('is one file for pages, which trains', async () => {
  buildLibrary();
  const { first, last } = await call<typeof trainSmallBuilt>('trainSmallBuilt', {
    url: '/files/dist/inception-webgpu.min.js',
  });
  expect(first).toBeGreaterThan(1);
  expect(last).toBeLessThan(0.5);
});
