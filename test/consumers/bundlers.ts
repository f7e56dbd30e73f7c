import { join } from 'node:path';
import { decodedInChrome, trainedInChrome } from './chrome';
import type { Consumer, Did } from './consumer';
import { requireEnded, WGSL_REFLECT, type Project } from './project';

/** Most kilobytes of `readSafetensors` alone, as in test/library/size.test.ts. */
const ALONE = 3;

async function shaken(project: Project, script: string): Promise<Did> {
  project.takeScripts(['shake']);
  requireEnded(await project.node([script, 'shake.js', 'shaken']));
  const kilobytes = project.kilobytes('shaken/main.js');
  if (kilobytes > ALONE) throw new Error(`readSafetensors alone takes ${kilobytes} kB`);
  return { what: `readSafetensors alone: ${kilobytes.toFixed(2)} kB` };
}

/** Rollup by itself and esbuild leave workers to whoever bundles. */
async function decoding(project: Project, script: string): Promise<Did[]> {
  if (script !== 'webpack.mjs') return [];
  project.takeScripts(['decode_page']);
  requireEnded(await project.node([script, 'decode_page.js', 'decoding']));
  project.page('decoding/main.js');
  return [await decodedInChrome(join(project.folder, 'decoding'))];
}

const bundler = (name: string, packages: readonly string[], page: string, what: string): Consumer => ({
  name,
  packages,
  async run(project) {
    const script = `${name.toLowerCase()}.mjs`;
    project.take(script, 'silu.wgsl');
    project.takeScripts(['train', 'page', 'worker', 'worker_page', 'silu', 'own_page']);
    requireEnded(await project.node([script, page, 'built']));
    project.page('built/main.js');
    const trained = await trainedInChrome(join(project.folder, 'built'));
    return [{ what, trained }, await shaken(project, script), ...(await decoding(project, script))];
  },
});

export const webpack = bundler('webpack', ['webpack@5'], 'worker_page.js', 'bundle with a module worker');
export const rollup = bundler(
  'Rollup',
  ['rollup@4', '@rollup/plugin-node-resolve@16', WGSL_REFLECT],
  'own_page.js',
  'bundle with an op of its own',
);
export const esbuild: Consumer = {
  name: 'esbuild',
  packages: ['esbuild@0.28', WGSL_REFLECT],
  async run(project) {
    project.take('esbuild.mjs', 'silu.wgsl');
    project.takeScripts(['train', 'silu', 'own_page']);
    requireEnded(await project.node(['esbuild.mjs', 'own_page.js', 'built']));
    project.page('built/main.js');
    const trained = await trainedInChrome(join(project.folder, 'built'));
    return [{ what: 'bundle with an op of its own', trained }, await shaken(project, 'esbuild.mjs')];
  },
};
