import { realpathSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join, sep } from 'node:path';

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 421 | 500;
  readonly reason: string;
}

/**
 * No percent sign, backslash, null byte or empty part, and no part that begins with a dot: files that a page asks for
 * have plain names, so nothing needs decoding, and nothing leads out of a folder.
 */
const PLAIN_PATH = /^(?:\/[\w@+-][\w@+.-]*)+$/;
/** What Vite adds to the addresses of modules: `import`, `v=1a2b`, `t=17000`. */
const PLAIN_QUERY = /^[\w=&.-]*$/;

/**
 * A page of another site may reach the loopback interface under a name that it controls (DNS rebinding), but then the
 * Host header tells that name.
 */
export function refuseHost({ headers }: IncomingMessage, port: number): Refusal | undefined {
  if (headers.host === `127.0.0.1:${port}` || headers.host === `localhost:${port}`) return undefined;
  return { status: 421, reason: 'this host is not served here' };
}

/**
 * Whether a file of these folders, and no other, is asked for.
 * @param root whose folders these are
 */
export function refuseFile(
  { method, url = '' }: IncomingMessage,
  root: string,
  folders: readonly string[],
): Refusal | undefined {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, reason: 'no such method' };
  const [path = '', query = '', ...rest] = url.split('?');
  if (!PLAIN_PATH.test(path) || !PLAIN_QUERY.test(query) || rest.length > 0) {
    return { status: 400, reason: 'not a plain path' };
  }
  const folder = folders.find((name) => path.startsWith(`/${name}/`));
  if (folder === undefined) return { status: 403, reason: 'this folder is not served' };
  const file = join(root, path);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    return { status: 404, reason: 'there is no such file' };
  }
  // The folder itself may be a link (packages are, here and there), but nothing inside may lead out of it.
  const inside = realpathSync(file).startsWith(realpathSync(join(root, folder)) + sep);
  return inside ? undefined : { status: 403, reason: 'the file lies elsewhere' };
}
