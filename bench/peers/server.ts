import { createReadStream, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Plugin } from 'vite';
import { wgsl } from '../../src/shader/own_vite';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = new URL('page/page.html', import.meta.url);

/** Serves the page and all that it imports: this folder, its packages, and the library's sources. */
export async function startServer(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = await createServer({
    configFile: false,
    root: FOLDER,
    appType: 'custom',
    logLevel: 'error',
    plugins: [wgsl(), pagePlugin(), ortPlugin()],
    server: {
      host: '127.0.0.1',
      port: 0,
      hmr: false,
      ws: false,
      watch: null,
      // What is not Vite's to serve is not there to be transformed ahead of time.
      preTransformRequests: false,
      fs: { allow: [REPOSITORY] },
      headers: { 'cross-origin-embedder-policy': 'require-corp' },
    },
    optimizeDeps: {
      // Nothing may reload the page while it measures: all packages are bundled before it opens.
      noDiscovery: true,
      include: [
        '@jax-js/jax',
        '@tensorflow/tfjs-backend-webgpu',
        '@tensorflow/tfjs-core',
        '@tensorflow/tfjs-core/dist/register_all_gradients',
        'protobufjs',
      ],
    },
  });
  await server.listen();
  const address = server.httpServer?.address();
  if (typeof address !== 'object' || address === null)
    throw new Error('bench peers: the server did not start');
  return { url: `http://127.0.0.1:${address.port}/peers`, close: () => server.close() };
}

function pagePlugin(): Plugin {
  return {
    name: 'page',
    configureServer({ middlewares }) {
      middlewares.use('/peers', (_request, response) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        // Isolated, so that the clock is fine and WebAssembly may have threads.
        response.setHeader('cross-origin-opener-policy', 'same-origin');
        response.setHeader('cross-origin-embedder-policy', 'require-corp');
        response.end(readFileSync(PAGE));
      });
    },
  };
}

/** Serves ONNX Runtime Web as it lies there: it looks for its WebAssembly beside itself, and Vite would rewrite that. */
function ortPlugin(): Plugin {
  const types: Readonly<Record<string, string>> = { '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
  const send = (name: string, response: ServerResponse): void => {
    const type = types[extname(name)];
    if (type === undefined || !/^[\w.-]+$/.test(name)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', type);
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    createReadStream(join(FOLDER, 'node_modules/onnxruntime-web/dist', name))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  };
  return {
    name: 'ort',
    enforce: 'pre',
    resolveId: (id) =>
      id === 'onnxruntime-web/webgpu' ? { id: '/ort/ort.webgpu.bundle.min.mjs', external: true } : null,
    configureServer({ middlewares }) {
      middlewares.use('/ort', (request, response) =>
        send((request.url ?? '/').slice(1).split('?')[0] ?? '', response),
      );
    },
  };
}
