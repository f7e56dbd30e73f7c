// Node runs no TypeScript by itself, so Vite loads a command line and all it imports.
import { fileURLToPath } from 'node:url';

/**
 * Runs `main(arguments)` of a module, given by its path in the repository; its result is the exit code.
 * @param shaders whether it imports WGSL files, for which vite.config.ts has the plugin
 */
export async function runMain(path, { shaders = false } = {}) {
  try {
    const { createServer } = await import('vite');
    const loader = await createServer({
      ...(!shaders && { configFile: false }),
      root: fileURLToPath(new URL('../..', import.meta.url)),
      appType: 'custom',
      logLevel: 'error',
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true, include: [] },
    });
    const { main } = await loader.ssrLoadModule(path);
    process.exitCode = await main(process.argv.slice(2));
    await loader.close();
  } catch (error) {
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND';
    console.error(missing ? `${path}: ${error.message}; run npm ci first` : error);
    process.exitCode = 1;
  }
}
