import { createReadStream, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { ROOT, startModuleServer, type ModuleServer } from '../../src/cli/module_server';

const PAGE = '/test/support/page.html';

/**
 * Serves the repository to the test page: the page at `/page`, code transformed by Vite, and under `/files/` every
 * file as it lies there (Vite would take some of them for code).
 */
export function startServer(): Promise<ModuleServer> {
  return startModuleServer({
    folders: ['src', 'shaders', 'test', 'bench'],
    modules: {
      'inception-webgpu/op': '/src/op.ts',
      'wgsl_reflect/wgsl_reflect.module.js': '/files/node_modules/wgsl_reflect/wgsl_reflect.module.js',
    },
    handlers: {
      page: (_request, response) => sendFile(PAGE, response),
      files: (_request, response, path) => sendFile(`/${path}`, response),
    },
  });
}

/** A browser imports a module only under its own type. */
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

function sendFile(url: string, response: ServerResponse): void {
  // Normalising an absolute path removes each `..` that would lead out of the repository.
  const path = join(ROOT, normalize(decodeURIComponent(url)));
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile() !== true) {
    response.writeHead(404).end(`no such file: ${url}`);
    return;
  }
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-length': status.size, 'content-type': type });
  createReadStream(path).pipe(response);
}
