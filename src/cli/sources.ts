// What pages are made of in a clone: the sources, which Vite makes into JavaScript. In the package, built.ts stands here.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, createServer, type Rollup } from 'vite';
import { wgsl } from '../shader/own_vite';

/** What pages import lies there, below the root. */
export const FOLDERS: readonly string[] = ['src', 'shaders'];

export interface Modules {
  /** Answers with a file that is there; `next` where that cannot be. */
  answer(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  close(): Promise<void>;
}

/** @param modules addresses of packages that are imported by name */
export async function openModules(root: string, modules: Readonly<Record<string, string>>): Promise<Modules> {
  const vite = await createServer({
    configFile: false,
    root,
    // Not Vite's HTML, which brings a client that connects back for hot updates.
    appType: 'custom',
    logLevel: 'error',
    plugins: [wgsl(), { name: 'modules', enforce: 'pre', resolveId: (id) => modules[id] }],
    // Of a linked package, too, the address is a path below the root.
    resolve: { preserveSymlinks: true },
    // Nothing may reload the page while it works: no watching, no hot updates, no late optimisation.
    server: {
      middlewareMode: true,
      hmr: false,
      ws: false,
      watch: null,
      cors: false,
      preTransformRequests: false,
    },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  return { answer: (...request) => vite.middlewares(...request), close: () => vite.close() };
}

/** Of the report, the chart's included. */
export function reportStyles(): string {
  const chart = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');
  return [chart, new URL('../app/style.css', import.meta.url)]
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

/** Modules of src/app that are made into one script. */
export type ScriptName = 'report' | 'compare';

/** The script of a page that stands alone. */
export async function pageScript(name: ScriptName): Promise<string> {
  const entry = fileURLToPath(new URL(`../app/${name}.ts`, import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry, formats: ['iife'], name } },
  });
  const [output] = (Array.isArray(built) ? built : [built]) as Rollup.RollupOutput[];
  return output?.output[0].code ?? '';
}
