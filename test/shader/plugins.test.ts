// What bundlers make of a WGSL file by the plugins of the package.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as viteBuild, createServer } from 'vite';
import { afterAll, expect, it } from 'vitest';
import type { ShaderModule } from '../../src/core/shader';
import { squeezed } from '../../src/gpu/wgsl_text';
import { wgsl as esbuildPlugin } from '../../src/shader/esbuild';
import { shader } from '../../src/shader/index';
import { wgsl as vitePlugin } from '../../src/shader/vite';

const folder = mkdtempSync(join(tmpdir(), 'inception-plugins-'));
afterAll(() => rmSync(folder, { recursive: true }));

const silu = readFileSync('test/consumers/program/silu.wgsl', 'utf8');
writeFileSync(join(folder, 'silu.wgsl'), silu);
writeFileSync(join(folder, 'good.js'), "export { default } from './silu.wgsl';");
writeFileSync(
  join(folder, 'bad.wgsl'),
  'struct Params { a: u32 }\n@group(0) @binding(0) var<uniform> p: mat2x2f;\n',
);
writeFileSync(join(folder, 'bad.js'), "export { default } from './bad.wgsl';");

const byEsbuild = async (name: string): Promise<string> => {
  const options = { bundle: true, write: false, format: 'esm', logLevel: 'silent' } as const;
  const entryPoints = [join(folder, `${name}.js`)];
  const { outputFiles } = await esbuild({ ...options, entryPoints, plugins: [esbuildPlugin()] });
  return outputFiles[0]?.text ?? '';
};

const byVite = async (name: string): Promise<string> => {
  const lib = { entry: join(folder, `${name}.js`), formats: ['es' as const] };
  const quiet = { configFile: false, logLevel: 'silent' } as const;
  const made = await viteBuild({
    ...quiet,
    root: folder,
    plugins: [vitePlugin()],
    build: { write: false, lib },
  });
  const [bundle] = [made].flat();
  return bundle && 'output' in bundle ? bundle.output[0].code : '';
};

const load = async (code: string): Promise<ShaderModule> => {
  const file = join(folder, `made${code.length}.mjs`);
  writeFileSync(file, code);
  return ((await import(/* @vite-ignore */ file)) as { readonly default: ShaderModule }).default;
};

it.each([
  ['esbuild', byEsbuild],
  ['Vite', byVite],
])('%s bundles the file as its reflection, without comments and with its lines', async (_name, bundle) => {
  const made = await load(await bundle('good'));
  const whole = shader(silu, 'silu.wgsl');
  expect({ ...made, source: '' }).toEqual({ ...whole, source: '' });
  expect(made.source).not.toContain('//');
  expect(made.source.split('\n').length).toBe(silu.split('\n').length);
  expect(made.source.length).toBeLessThan(silu.length * 0.9);
});

it('keeps the space behind a name in other letters', () => {
  expect(squeezed('let θ = 1.0; return θ * x;')).toBe('let θ=1.0;return θ*x;');
});

it("Vite's server leaves the file as it is, for whoever debugs", async () => {
  const quiet = { configFile: false, logLevel: 'silent', appType: 'custom' } as const;
  const server = await createServer({
    ...quiet,
    root: folder,
    plugins: [vitePlugin()],
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  const made = (await server.ssrLoadModule('/silu.wgsl')) as { readonly default: ShaderModule };
  await server.close();
  expect(made.default).toEqual(shader(silu, 'silu.wgsl'));
});

it('both stop where the file breaks the conventions, with the line', async () => {
  const said = /bad\.wgsl:2: uniform p must be a Params or a Step; got mat2x2f/;
  await expect(byEsbuild('bad')).rejects.toThrow(said);
  await expect(byEsbuild('bad')).rejects.toMatchObject({
    errors: [{ location: { line: 2 }, pluginName: 'inception-webgpu:wgsl' }],
  });
  await expect(byVite('bad')).rejects.toThrow(said);
});
