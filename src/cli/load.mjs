// Node runs no TypeScript by itself, so Vite loads a command line and all it imports.
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs `main(arguments)` of a module, given by its path in the repository; its result is the exit code.
 * @param shaders whether it imports WGSL files, for which vite.config.ts has the plugin
 */
export async function runMain(path, { shaders = false } = {}) {
  // `npm start | head`: who listened has gone, or the disk behind a redirected output is full. The work goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    requirePlainRoot(path);
    const { createServer } = await import('vite');
    const loader = await createServer({
      ...(!shaders && { configFile: false }),
      root: ROOT,
      appType: 'custom',
      logLevel: 'error',
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true, include: [] },
    });
    const { main } = await loader.ssrLoadModule(path);
    process.exitCode = await main(process.argv.slice(2));
    await loader.close();
  } catch (error) {
    console.error(sentenceOf(error, path) ?? error);
    process.exitCode = 1;
  }
}

function requirePlainRoot(path) {
  const [sign] = /[#?]/.exec(ROOT) ?? [];
  if (sign === undefined) return;
  const problem = `cannot be loaded: Vite takes the ${sign} in its path for the end of an address`;
  throw new Error(`${path}: ${problem}; got ${ROOT}${path.slice(1)}; rename the folder`, { cause: 'path' });
}

/** What to say of an error that has a remedy. */
function sentenceOf(error, path) {
  if (error?.cause === 'path') return error.message;
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const [problem] = error.message.split('\n');
  return (
    `${path}: ${problem}; run npm ci --include=dev: development packages are needed, ` +
    'which NODE_ENV=production and --omit=dev leave out'
  );
}
