import { join } from 'node:path';
import { trainedInChrome } from './chrome';
import type { Consumer } from './consumer';
import { requireEnded } from './project';

/** The repository's Vite, unless one is installed. */
export const vite = (packages: readonly string[]): Consumer => ({
  name: 'Vite',
  packages,
  async run(project) {
    project.takeScripts(['train', 'worker', 'worker_page']);
    project.page('worker_page.js');
    project.write('vite.config.js', `export default { worker: { format: 'es' } };`);
    const cli = join(project.find('vite/package.json'), '../bin/vite.js');
    requireEnded(await project.node([cli, 'build', '--logLevel', 'warn']));
    return [
      { what: 'bundle with a module worker', trained: await trainedInChrome(join(project.folder, 'dist')) },
    ];
  },
});
