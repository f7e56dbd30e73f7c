// The package as npm packs it, installed into an empty project.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { helpOf, withoutDigits } from '../consumers/command';
import { requireLearnt } from '../consumers/consumer';
import { pack, Project, requireEnded, WGSL_REFLECT } from '../consumers/project';
import { scriptTag } from '../consumers/script_tag';
import { typescript5 } from '../consumers/typescript';
import { vite } from '../consumers/vite';
import { buildLibrary } from '../support/built';

const packed = mkdtempSync(join(tmpdir(), 'inception-pack-'));
let tarball: string;
let consumer: Project;
let project: string;
let installed: string;

beforeAll(() => {
  buildLibrary();
  tarball = pack(packed);
  consumer = new Project(tarball, [WGSL_REFLECT]);
  project = consumer.folder;
  installed = join(project, 'node_modules/inception-webgpu');
});
afterAll(() => {
  consumer.remove();
  rmSync(packed, { recursive: true });
});

/** What a program prints that Node runs in the project. */
const run = (code: string, type: 'module' | 'commonjs' = 'module', flags: readonly string[] = []): string =>
  execFileSync(process.execPath, [`--input-type=${type}`, '--no-warnings', ...flags, '-e', code], {
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

test('where require takes no modules, says what to write', () => {
  const said = `try { require('inception-webgpu') } catch ({ message }) { console.log(message) }`;
  expect(run(said, 'commonjs', ['--no-experimental-require-module'])).toMatch(/dynamic import\(\)/);
});

test('without a GPU says what to do, from each entry', () => {
  const failing = (entry: string, options = '') =>
    run(`const { openEngine } = await import('${entry}');
      await openEngine(${options}).catch(({ name, message }) => console.log(name + ': ' + message));`);
  expect(failing('inception-webgpu')).toMatch(/^NoAdapterError: WebGPU: is not offered here .*recent Chrome/);
  expect(failing('inception-webgpu/node')).toMatch(/^NoAdapterError: .*npm install webgpu/s);
  const empty = '{ gpu: { requestAdapter: () => Promise.resolve(null) } }';
  expect(failing('inception-webgpu/node', empty)).toMatch(/^NoAdapterError: .*Vulkan driver/);
  expect(failing('inception-webgpu/node', '{ gpu: {} }')).toMatch(/^ValueError: .*gpu lacks requestAdapter/);
});

test('leaves to a bundler only what is used, says Vite', async () => {
  consumer.takeScripts(['shake']);
  const made = await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: 'shake.js', formats: ['es'] } },
  });
  const [bundle] = [made].flat();
  const chunk = bundle && 'output' in bundle ? bundle.output[0] : undefined;
  expect(chunk?.exports).toEqual(['readSafetensors']);
  expect(chunk?.code.length).toBeLessThan(12_000);
});

test.each([typescript5, vite([]), scriptTag])('trains ten steps: $name', async ({ run: use }) => {
  const done = await use(consumer);
  expect(done.filter(({ trained }) => trained).length).toBeGreaterThan(0);
  done.forEach(requireLearnt);
});

test('has a command line, which says what to type and to install', async () => {
  await helpOf(consumer);
  await withoutDigits(consumer);
});

test('has metadata and types that publint and attw approve of', async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true });
  expect(messages).toEqual([]);
  // Whoever looks for types as Node 10 did, or from CommonJS of old, finds modules only.
  const attw = join(consumer.find('@arethetypeswrong/cli/package.json'), '../dist/index.js');
  const ended = await consumer.node([attw, tarball, '--profile', 'esm-only']);
  expect(requireEnded(ended)).toContain('inception-webgpu/node');
});
