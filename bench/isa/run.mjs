#!/usr/bin/env node
// `node bench/isa/run.mjs`: Node runs no TypeScript by itself, so Vite loads the report and the shaders it is about.
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
  const { run } = await loader.ssrLoadModule('/bench/isa/run.ts');
  process.exitCode = await run(process.argv.slice(2));
  await loader.close();
} catch (error) {
  const missing = error?.code === 'ERR_MODULE_NOT_FOUND';
  console.error(missing ? `bench isa: ${error.message}; run npm ci first` : error);
  process.exitCode = 1;
}
