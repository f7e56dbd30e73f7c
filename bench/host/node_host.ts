import { createServer } from 'vite';
import { ROOT } from '../../src/cli/module_server';
import { EngineError } from '../../src/core/errors';
import type { openEngine } from '../../src/gpu/engine';
import { wgsl } from '../../src/gpu/vite_wgsl';
import type { JobContext } from '../jobs/context';
import type { runJob } from '../jobs/index';
import type { Host, HostOptions } from './host';

/** What is used of https://www.npmjs.com/package/webgpu: Dawn, Chrome's implementation of WebGPU, for Node. */
interface Dawn {
  readonly create: (flags: readonly string[]) => GPU;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** The package is not among ours: its binaries are large, and the browser does without. */
const PACKAGE = 'webgpu';

/** Dawn ends the process if what `create` gives is collected. */
const kept: GPU[] = [];

/** Jobs in this process, on Dawn and the adapter that it finds. */
export async function openNodeHost({ onProgress }: HostOptions): Promise<Host> {
  const { create, globals } = await loadDawn();
  for (const [name, value] of Object.entries(globals)) Reflect.set(globalThis, name, value);
  const gpu = create([]);
  kept.push(gpu);
  // Shaders need the plugin that the command line's own loader lacks.
  const loader = await createServer({
    configFile: false,
    root: ROOT,
    appType: 'custom',
    logLevel: 'error',
    plugins: [wgsl()],
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  const load = (path: string): Promise<unknown> => loader.ssrLoadModule(path);
  const engine = (await load('/src/gpu/engine.ts')) as { openEngine: typeof openEngine };
  const jobs = (await load('/bench/jobs/index.ts')) as { runJob: typeof runJob };
  const context: JobContext = {
    async open(options = {}) {
      const adapter = await gpu.requestAdapter();
      const advice = 'install a Vulkan driver (Debian: mesa-vulkan-drivers)';
      if (!adapter) throw new EngineError('Dawn', 'finds no adapter', undefined, advice);
      return engine.openEngine({ ...options, adapter });
    },
    say: onProgress,
  };
  return {
    version: `Node ${process.versions.node} with Dawn (npm package ${PACKAGE})`,
    run: (name, args) => jobs.runJob(name, context, args),
    close: () => loader.close(),
  };
}

async function loadDawn(): Promise<Dawn> {
  try {
    return (await import(/* @vite-ignore */ PACKAGE)) as Dawn;
  } catch (cause) {
    const advice = `install it for this once: npm install --no-save ${PACKAGE}`;
    throw new EngineError('--runtime node', `needs the package ${PACKAGE}`, 'none', advice, { cause });
  }
}
