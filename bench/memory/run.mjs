#!/usr/bin/env node
// `node bench/memory/run.mjs`: Node runs no TypeScript by itself, so Vite loads the plans and the shaders they need.
import { fileURLToPath } from 'node:url';

try {
  const { createServer } = await import('vite');
  const loader = await createServer({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    appType: 'custom',
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
  const { main } = await loader.ssrLoadModule('/bench/memory/main.ts');
  process.exitCode = await main(process.argv.slice(2));
  await loader.close();
} catch (error) {
  const missing = error?.code === 'ERR_MODULE_NOT_FOUND';
  console.error(missing ? `bench memory: ${error.message}; run npm ci first` : error);
  process.exitCode = 1;
}
