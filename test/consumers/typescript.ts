import { join } from 'node:path';
import { trainedInChrome } from './chrome';
import type { Consumer } from './consumer';
import { requireEnded } from './project';

/** Strict, with declarations checked, without @webgpu/types and Node's; what it emits runs without a bundler. */
const typescript = (name: string, packages: readonly string[]): Consumer => ({
  name,
  packages,
  async run(project) {
    project.take('strict.json', 'train.ts', 'page.ts', 'worker.ts', 'worker_page.ts', 'entries.ts');
    project.take('own_page.ts', 'silu.ts', 'silu.wgsl');
    requireEnded(
      await project.node([join(project.find('typescript/package.json'), '../bin/tsc'), '-p', 'strict.json']),
    );
    project.page('built/page.js', { 'inception-webgpu': '/node_modules/inception-webgpu/dist/index.js' });
    const trained = await trainedInChrome(project.folder, 'built/index.html');
    return [{ what: 'strict types, modules by an import map', trained }];
  },
});

/** The repository's, unless it is installed. */
export const typescript5 = typescript('TypeScript 5.9', []);
export const typescriptNewest = typescript('TypeScript, newest', ['typescript@latest']);
