// The command line and its pages, as the package has them: dist/cli for Node, dist/app for the browser.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type InlineConfig, type Plugin } from 'vite';
import { wgsl } from './src/shader/own_vite';

/** Commands of a clone, which have another name where there is none. */
const typed: Plugin = {
  name: 'typed',
  enforce: 'pre',
  transform: (code, id) =>
    /\/src\/(cli|app|doctor)\/[^?]*\.ts$/.test(id)
      ? code
          .replaceAll(/npm run doctor(?: --| {3})?/g, 'npx inception-webgpu doctor')
          .replaceAll('npm run --silent doctor', 'npx inception-webgpu doctor')
          .replaceAll(/npm start(?: --| {3})?/g, 'npx inception-webgpu train')
      : undefined,
};

const built: Plugin = {
  name: 'built',
  enforce: 'pre',
  resolveId: (id) => (/^\.{1,2}\/sources$/.test(id) ? resolve('src/cli/built.ts') : undefined),
};

/** What `PictureDecoder` opens in a worker. */
export const WORKER = 'src/data/browser/worker.ts';

/** In a clone, Vite must leave the worker alone; in the package, bundlers shall find it. */
export const workers: Plugin = {
  name: 'workers',
  renderChunk(code, { moduleIds }) {
    if (!moduleIds.some((id) => id.endsWith('/src/data/browser/decoder.ts'))) return undefined;
    const opened = 'new Worker(new URL("./worker.js", import.meta.url), { type: "module" });';
    const made = code.replace(
      /const address = new URL\([^)]*\);\s*const worker = new Worker\(address, [^)]*\);/,
      `const worker = ${opened}`,
    );
    if (made === code) throw new Error('src/data/browser/decoder.ts opens no worker that is known here');
    return { code: made, map: null };
  },
};

/** Licences ask to go with what is bundled. */
const licences: Plugin = {
  name: 'licences',
  generateBundle(_options, bundle) {
    const ids = Object.values(bundle).flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
    const packages = ids.flatMap(
      (id) => /(?<=^\0?)\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? [],
    );
    const texts = [...new Set(packages)].sort().map((folder) => {
      const { name, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly name: string;
        readonly license: string;
      };
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      return `${name}: ${license}\n${file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8')}`}`;
    });
    this.emitFile({ type: 'asset', fileName: 'LICENCES.txt', source: texts.join('\n\n') });
  },
};

const shared: InlineConfig = { configFile: false, logLevel: 'warn' };
const output = { entryFileNames: '[name].js', chunkFileNames: '[name].js' };

async function buildPages(): Promise<void> {
  const app = (entry: Readonly<Record<string, string>>, formats: ['es' | 'iife']): InlineConfig => ({
    ...shared,
    plugins: [wgsl(), typed, workers, licences],
    build: {
      outDir: 'dist/app',
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      lib: { entry, formats, name: 'report' },
      rollupOptions: { output },
    },
  });
  const pages = ['main', 'classify_main', 'bench_main', 'doctor_main'].map((name) => [
    name,
    `src/app/${name}.ts`,
  ]);
  await build(app({ ...(Object.fromEntries(pages) as Record<string, string>), worker: WORKER }, ['es']));
  for (const name of ['report', 'compare']) await build(app({ [name]: `src/app/${name}.ts` }, ['iife']));
  for (const name of ['index.html', 'classify.html', 'bench.html', 'doctor.html']) {
    const text = readFileSync(`src/app/${name}`, 'utf8')
      .replace(/ *<link rel="stylesheet" href="\/uplot\/[^>]*>\n/, '')
      .replaceAll(/\/src\/app\/(\w+)\.ts/g, '/dist/app/$1.js')
      .replaceAll('/src/app/', '/dist/app/');
    writeFileSync(`dist/app/${name}`, text);
  }
  const chart = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');
  writeFileSync(
    'dist/app/style.css',
    [chart, 'src/app/style.css'].map((file) => readFileSync(file, 'utf8')).join('\n'),
  );
}

export async function buildCommandLine(): Promise<void> {
  // With another, Vite has optional packages of a package (bufferutil, of ws) throw once they are imported.
  process.env['NODE_ENV'] = 'production';
  await buildPages();
  await build({
    ...shared,
    plugins: [wgsl(), typed, built, licences],
    ssr: { noExternal: true, external: ['puppeteer', 'sharp', 'webgpu'] },
    build: {
      ssr: true,
      outDir: 'dist/cli',
      copyPublicDir: false,
      target: 'node20',
      minify: true,
      rollupOptions: { input: { 'inception-webgpu': 'src/cli/bin.ts' }, output },
    },
  });
}
