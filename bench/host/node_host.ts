import { createServer } from 'vite';
import { ROOT } from '../../src/cli/module_server';
import type { openEngine } from '../../src/gpu/engine';
import { wgsl } from '../../src/shader/own_vite';
import { dawnVersion, findAdapter, installDawn, openDawn } from '../dawn/dawn';
import type { JobContext } from '../jobs/context';
import type { runJob } from '../jobs/index';
import type { Host, HostOptions } from './host';

/** Jobs in this process, on Dawn and the adapter that it finds. */
export async function openNodeHost({ onProgress }: HostOptions): Promise<Host> {
  await installDawn();
  // Timestamps as they are, not rounded to 0.1 ms, as in the browser.
  const gpu = await openDawn(['disable-dawn-features=timestamp_quantization']);
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
    open: async (options = {}) => engine.openEngine({ ...options, adapter: await findAdapter(gpu) }),
    say: onProgress,
  };
  return {
    version: dawnVersion(),
    run: (name, args) => jobs.runJob(name, context, args),
    memory: () => {
      const { heapUsed, rss } = process.memoryUsage();
      return Promise.resolve({ 'JavaScript heap': heapUsed, process: rss });
    },
    close: () => loader.close(),
  };
}
