import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { defineConfig, type Plugin } from 'vite';
import { wgsl } from './src/shader/own_vite';
import { buildCommandLine, WORKER, workers } from './vite.cli.config';

const ENTRIES = {
  index: 'src/index.ts',
  'doctor/index': 'src/doctor/index.ts',
  'node/index': 'src/node/index.ts',
  data: 'src/data.ts',
  'data/node/index': 'src/data/node/index.ts',
  'explain/index': 'src/explain/index.ts',
  op: 'src/op.ts',
  'shader/index': 'src/shader/index.ts',
  'shader/vite': 'src/shader/vite.ts',
  'shader/esbuild': 'src/shader/esbuild.ts',
};

// `vite build` makes the library by this file, with shaders as modules inside; benchmarks that look at plans or
// shaders are loaded by it.
export default defineConfig({
  plugins: [wgsl(), workers, declarations()],
  build: {
    target: 'es2022',
    lib: { entry: { ...ENTRIES, 'data/browser/worker': WORKER }, formats: ['es'] },
    // A reader can follow the bundle, and the importing application minifies anyway.
    minify: false,
    copyPublicDir: false,
    // The library depends on nothing at run time; should that change, the import must stay visible.
    rollupOptions: {
      external: (id) => !/^[./\0]|^[A-Za-z]:|\.wgsl$/.test(id),
      // A file for each of ours: what an application does not import is not in its bundle, and its error stacks name ours.
      output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
    },
  },
});

/** Writes the .d.ts files beside the bundle, with the file extensions that Node's own module resolution asks for. */
function declarations(): Plugin {
  const rewrite = (file: string): void => {
    const text = readFileSync(file, 'utf8').replace(
      /(\bfrom |\bimport\()(['"])(\.{1,2}(?:\/[^'"]*)?)\2/g,
      (_all, keyword: string, quote: string, path: string) => {
        const isFile = existsSync(join(dirname(file), `${path}.d.ts`));
        return `${keyword}${quote}${path}${isFile ? '' : '/index'}.js${quote}`;
      },
    );
    writeFileSync(file, text);
  };
  return {
    name: 'declarations',
    apply: 'build',
    async closeBundle() {
      await buildCommandLine();
      // For pages without a bundler.
      await build({
        entryPoints: ['dist/index.js'],
        outfile: 'dist/inception-webgpu.min.js',
        bundle: true,
        minify: true,
        format: 'esm',
        target: 'es2022',
        logLevel: 'warning',
      });
      const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
      execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
      for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
        if (name.endsWith('.d.ts')) rewrite(join('dist', name));
      }
      copyFileSync('src/webgpu.d.ts', 'dist/webgpu.d.ts');
      copyFileSync('src/wgsl.d.ts', 'dist/wgsl.d.ts');
      rewrite('dist/wgsl.d.ts');
      for (const [entry, path] of Object.entries(ENTRIES)) {
        const file = `dist/${entry}.d.ts`;
        const globals = relative(dirname(path), 'src/webgpu.d.ts').replace(/^(?!\.)/, './');
        writeFileSync(file, `/// <reference path="${globals}" />\n${readFileSync(file, 'utf8')}`);
      }
    },
  };
}
