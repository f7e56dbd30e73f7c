import { fileURLToPath } from 'node:url';
import { createServer, type Connect } from 'vite';
import { EngineError } from '../core/errors';
import { wgsl } from '../gpu/vite_wgsl';

/** The repository's root, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ModuleServer {
  /** Ends with a slash. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the repository's modules to a page on the loopback interface, made into JavaScript while they are asked for.
 *
 * @param handlers further answers, by the beginning of their paths
 */
export async function startModuleServer(
  handlers: Readonly<Record<string, Connect.SimpleHandleFunction>>,
): Promise<ModuleServer> {
  const server = await createServer({
    configFile: false,
    root: ROOT,
    // Not Vite's HTML, which brings a client that connects back for hot updates.
    appType: 'custom',
    logLevel: 'error',
    plugins: [
      wgsl(),
      {
        name: 'handlers',
        configureServer({ middlewares }) {
          for (const [path, handler] of Object.entries(handlers)) middlewares.use(path, handler);
        },
      },
    ],
    // Nothing may reload the page while it works: no watching, no hot updates, no late optimisation.
    server: { host: '127.0.0.1', port: 0, hmr: false, ws: false, watch: null, cors: false },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  await server.listen();
  const address = server.httpServer?.address();
  if (typeof address !== 'object' || address === null) throw new EngineError('server', 'did not start');
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}
