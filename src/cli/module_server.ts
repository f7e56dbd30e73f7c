import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../core/check';
import { EngineError, FormatError } from '../core/errors';
import { refuseFile, refuseHost, type Refusal } from './request_guard';
import { openModules } from './sources';

/** The repository's root, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `path` is what follows the handler's own path, without the slash: to compare, never to open as a file unchecked. */
export type Handler = (request: IncomingMessage, response: ServerResponse, path: string) => unknown;

export interface ModuleServerOptions {
  /** Answers by the first part of the path. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** The only folders whose files are served, such as `src`; all below the root. */
  readonly folders: readonly string[];
  /** Addresses of packages that are imported by name; others are looked for in `folders`. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Default: the repository. */
  readonly root?: string;
}

export interface ModuleServer {
  /** Ends with a slash. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const FAILED: Refusal = {
  status: 500,
  reason: 'it cannot be made into JavaScript, for the reason printed above',
};

/** Serves modules to a page on the loopback interface, made into JavaScript while they are asked for. */
export async function startModuleServer({
  handlers,
  folders,
  modules = {},
  root = ROOT,
}: ModuleServerOptions): Promise<ModuleServer> {
  const files = await openModules(root, modules);
  const server = createHttpServer((request, response) => {
    const [, first = '', path = ''] = /^\/([^/?]*)\/?([^?]*)/.exec(request.url ?? '') ?? [];
    const handler = Object.hasOwn(handlers, first) ? handlers[first] : undefined;
    const refusal = refuseHost(request, port) ?? (handler ? undefined : refuseFile(request, root, folders));
    if (refusal) refuse(response, refusal);
    else if (handler) void handle(() => handler(request, response, path), response);
    // The file is there, so that it failed with it, and printed why.
    else files.answer(request, response, () => refuse(response, FAILED));
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
  } catch (cause) {
    await files.close();
    throw new EngineError('server', 'cannot listen on 127.0.0.1', String(cause), undefined, { cause });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await files.close();
    },
  };
}

/** An answer that fails ends that request, not the run. */
async function handle(answer: () => unknown, response: ServerResponse): Promise<void> {
  try {
    await answer();
  } catch (error) {
    const status = error instanceof FormatError ? 400 : 500;
    if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(messageOf(error));
  }
}

/** @param name of a file in src/app */
export const htmlPage =
  (name: string): Handler =>
  (_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    // Another site's page may neither show this one nor learn its address, which may have a token.
    response.setHeader('content-security-policy', "frame-ancestors 'none'");
    response.setHeader('referrer-policy', 'no-referrer');
    response.end(readFileSync(new URL(`../app/${name}`, import.meta.url)));
  };

function refuse(response: ServerResponse, { status, reason }: Refusal): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${reason}\n`);
}
