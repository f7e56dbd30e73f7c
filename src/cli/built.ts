// sources.ts of the package: pages are made when it is, and lie in dist/app. vite.cli.config.ts puts this in its place.
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as sources from './sources';

const APP = new URL('../app/', import.meta.url);

export const FOLDERS: typeof sources.FOLDERS = ['dist/app'];

export const openModules: typeof sources.openModules = (root) =>
  Promise.resolve({
    answer(request, response, next) {
      const [path = ''] = request.url?.split('?') ?? [];
      response.setHeader('content-type', path.endsWith('.css') ? 'text/css' : 'text/javascript');
      createReadStream(join(root, path)).on('error', next).pipe(response);
    },
    close: () => Promise.resolve(),
  });

export const reportStyles: typeof sources.reportStyles = () =>
  readFileSync(new URL('style.css', APP), 'utf8');

export const pageScript: typeof sources.pageScript = (name) =>
  Promise.resolve(readFileSync(new URL(`${name}.js`, APP), 'utf8'));
