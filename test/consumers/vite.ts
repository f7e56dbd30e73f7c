import { join } from 'node:path';
import { decodedInChrome, trainedInChrome } from './chrome';
import type { Consumer } from './consumer';
import { requireEnded, WGSL_REFLECT } from './project';

/** The repository's Vite, unless one is installed. */
export const vite = (packages: readonly string[]): Consumer => ({
  name: 'Vite',
  packages: [...packages, WGSL_REFLECT],
  async run(project) {
    project.takeScripts(['train', 'worker', 'worker_page']);
    project.page('worker_page.js');
    project.write('vite.config.js', `export default { worker: { format: 'es' } };`);
    const cli = join(project.find('vite/package.json'), '../bin/vite.js');
    requireEnded(await project.node([cli, 'build', '--logLevel', 'warn']));
    const inWorker = await trainedInChrome(join(project.folder, 'dist'));
    project.take('silu.wgsl');
    project.takeScripts(['silu', 'own_page']);
    project.page('own_page.js');
    project.write(
      'own.config.js',
      `import { wgsl } from 'inception-webgpu/vite'; export default { plugins: [wgsl()] };`,
    );
    const own = ['--config', 'own.config.js', '--outDir', 'own'];
    requireEnded(await project.node([cli, 'build', '--logLevel', 'warn', ...own]));
    project.takeScripts(['decode_page']);
    project.page('decode_page.js');
    requireEnded(await project.node([cli, 'build', '--logLevel', 'warn', '--outDir', 'decoding']));
    return [
      await decodedInChrome(join(project.folder, 'decoding')),
      { what: 'bundle with a module worker', trained: inWorker },
      {
        what: 'bundle with an op of its own',
        trained: await trainedInChrome(join(project.folder, 'own')),
      },
    ];
  },
});
