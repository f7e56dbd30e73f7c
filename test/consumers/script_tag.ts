import { trainedInChrome } from './chrome';
import type { Consumer } from './consumer';

const FILE = '/node_modules/inception-webgpu/dist/inception-webgpu.min.js';

/** No tool at all: the one file, in a page and in a module worker. */
export const scriptTag: Consumer = {
  name: 'script tag',
  packages: [],
  async run(project) {
    project.takeScripts(['train', 'page', 'worker', 'worker_page'], FILE);
    project.page('page.js');
    const page = await trainedInChrome(project.folder);
    project.page('worker_page.js');
    const worker = await trainedInChrome(project.folder);
    return [
      { what: 'one file, in the page', trained: page },
      { what: 'one file, in a module worker', trained: worker },
    ];
  },
};
