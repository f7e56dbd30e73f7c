import { createReadStream, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type ViteDevServer } from 'vite';
import { wgsl } from '../../src/gpu/vite_wgsl';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = '/test/support/page.html';

/**
 * Serves the repository to the test page: the page at `/page`, code transformed by Vite, and under `/files/` every
 * file as it lies there (Vite would take some of them for code).
 */
export async function startServer(): Promise<{ server: ViteDevServer; url: string }> {
  const server = await createServer({
    configFile: false,
    root: ROOT,
    // Not Vite's HTML, which brings a client that connects back for hot updates.
    appType: 'custom',
    logLevel: 'error',
    plugins: [
      wgsl(),
      {
        name: 'files',
        configureServer({ middlewares }) {
          middlewares.use('/page', (_request, response) => sendFile(PAGE, response));
          middlewares.use('/files', (request, response) => sendFile(request.url ?? '/', response));
        },
      },
    ],
    // Nothing may reload the page while tests run in it: no watching, no hot updates, no late optimisation.
    server: { host: '127.0.0.1', hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  await server.listen();
  const address = server.httpServer?.address();
  if (typeof address !== 'object' || address === null) throw new Error('test server: did not start');
  return { server, url: `http://127.0.0.1:${address.port}/` };
}

/** A browser imports a module only under its own type. */
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

function sendFile(url: string, response: ServerResponse): void {
  // Normalising an absolute path removes each `..` that would lead out of the repository.
  const path = join(ROOT, normalize(decodeURIComponent(url.split('?')[0] ?? '/')));
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile() !== true) {
    response.writeHead(404).end(`no such file: ${url}`);
    return;
  }
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-length': status.size, 'content-type': type });
  createReadStream(path).pipe(response);
}
