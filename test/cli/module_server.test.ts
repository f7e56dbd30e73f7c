// Which files the command line's server gives away, by requests that no browser would let anybody write.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startModuleServer, type ModuleServer } from '../../src/cli/module_server';
import { rawGet, rawRequest } from '../support/raw_http';

const SECRET = 'not for strangers';
const base = realpathSync(mkdtempSync(join(tmpdir(), 'inception-')));
const root = join(base, 'root');
let server: ModuleServer;

beforeAll(async () => {
  for (const folder of ['src/deep', 'private', 'node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  const files = {
    'src/a.ts': "export const answer: number = 42;\nexport { b } from './deep/b';\n",
    'src/deep/b.ts': 'export const b = 1;\n',
    'src/.env': SECRET,
    '.env': SECRET,
    'secret.txt': SECRET,
    'secret.ts': `export const secret = '${SECRET}';\n`,
    'private/key.ts': `export const key = '${SECRET}';\n`,
    '../outside.ts': `export const outside = '${SECRET}';\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  mkdirSync(join(base, 'package'));
  writeFileSync(join(base, 'package/index.js'), 'export const linked = true;\n');
  symlinkSync(join(base, 'outside.ts'), join(root, 'src/link.ts'));
  symlinkSync(join(root, 'private'), join(root, 'src/within'));
  symlinkSync(base, join(root, 'src/above'));
  symlinkSync(join(base, 'package'), join(root, 'node_modules/linked'));
  server = await startModuleServer({
    root,
    folders: ['src', 'node_modules/linked'],
    handlers: {
      hello: (_request, response, path) => response.end(`hello ${path}`),
      broken: () => {
        throw new Error('it broke');
      },
    },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(base, { recursive: true });
});

describe('files', () => {
  it.each([
    ['/src/a.ts', 'const answer = 42'],
    ['/src/a.ts?import', 'const answer = 42'],
    ['/src/deep/b.ts?v=1a2b&t=17', 'const b = 1'],
    ['/node_modules/linked/index.js', 'linked = true'], // the folder that was named may be a link
    ['/hello/you?and=me', 'hello you'],
  ])('gives %s', async (path, text) => {
    const reply = await rawGet(server.port, path);
    expect(reply.status).toBe(200);
    expect(reply.text).toContain(text);
  });

  const encode = (text: string): string =>
    text.replace(/./g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
  const paths: readonly string[] = [
    '/',
    '/secret.txt',
    '/secret.ts',
    '/secret.ts?import',
    '/secret.txt?raw',
    '/secret.txt?import&raw??',
    '/secret.txt?url&inline',
    '/.env',
    '/src/.env',
    '/src/.env?raw',
    '/src',
    '/src/',
    '/src/deep',
    '/src/none.ts',
    '/private/key.ts',
    '/package.json',
    '/node_modules/.vite/deps/_metadata.json',
    '/../secret.txt',
    '/src/../secret.txt',
    '/src/./a.ts',
    '/src/../../outside.ts',
    '/src/a.ts/../../secret.txt',
    '/src//../secret.txt',
    '//src/a.ts',
    `//${root}/secret.txt`,
    '/src/%2e%2e/secret.txt',
    '/src/%2E%2E%2Fsecret.txt',
    '/src/..%2fsecret.txt',
    '/src/%252e%252e/secret.txt',
    '/src/%c0%ae%c0%ae/secret.txt',
    '/src/..\\secret.txt',
    '/src/..%5csecret.txt',
    '/src\\..\\secret.txt',
    '/src/a.ts%00',
    '/secret.txt%00.ts',
    '/src/a.ts%',
    '/src/%ff.ts',
    `/${encode('secret.txt')}`,
    `/${encode('src/../secret.txt')}`,
    '/src/link.ts',
    '/src/link.ts?import',
    '/src/within/key.ts',
    '/src/above/outside.ts',
    `/@fs${root}/secret.txt`,
    `/@fs${root}/secret.ts`,
    `/@fs${root}/secret.txt?import&raw??`,
    `/@fs/${root}/src/a.ts`,
    '/@fs/etc/passwd',
    '/@fs/etc/passwd?raw??',
    '/@fs/C:/Windows/win.ini',
    `/@id/${root}/secret.ts`,
    '/@id/__x00__secret',
    '/@vite/client',
    '/__open-in-editor?file=secret.ts',
    `/${'a/'.repeat(4000)}`,
    `http://127.0.0.1/secret.txt`,
    `file://${root}/secret.txt`,
    '*',
    '/hello/../secret.txt',
    '/constructor',
    '/__proto__/x',
    '/src/a.ts?../../secret.txt',
    '/src/a.ts?x#/../../secret.txt',
    '/src/a.ts?import?raw',
  ];
  it.each(paths)('refuses %s', async (path) => {
    const { status, text } = await rawGet(server.port, path);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('root:');
    if (path.startsWith('/hello')) expect(text).toContain('hello ../secret.txt');
    else expect([400, 403, 404]).toContain(status);
  });

  it('refuses a null byte in the request line', async () => {
    const { status } = await rawGet(server.port, '/src/a.ts\0.txt');
    expect(status).toBe(400);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    expect((await rawGet(server.port, '/src/a.ts', {}, method)).status).toBe(405);
  });

  it('tells of a handler that fails, and goes on', async () => {
    const { status, text } = await rawGet(server.port, '/broken');
    expect(status).toBe(500);
    expect(text).toContain('it broke');
    expect((await rawGet(server.port, '/hello/again')).status).toBe(200);
  });
});

describe('host', () => {
  it('answers under its own names', async () => {
    for (const host of [`127.0.0.1:${server.port}`, `localhost:${server.port}`]) {
      expect((await rawGet(server.port, '/src/a.ts', { host })).status).toBe(200);
    }
  });

  it.each([
    'evil.example',
    'evil.example:PORT',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example:PORT',
    'a.localhost:PORT',
    '127.0.0.1',
    'localhost',
    '127.0.0.1:1',
    '127.0.0.2:PORT',
    '0.0.0.0:PORT',
    '[::1]:PORT',
    '192.168.0.1:PORT',
    'user@127.0.0.1:PORT',
    '',
  ])('answers nothing under %s', async (pattern) => {
    const host = pattern.replace('PORT', `${server.port}`);
    for (const path of ['/src/a.ts', '/hello/you', '/none']) {
      const { status, text } = await rawGet(server.port, path, { host });
      expect(status).toBe(421);
      expect(text).not.toMatch(/answer|hello/);
    }
  });

  it('answers nothing without a host, or with two', async () => {
    const { port } = server;
    expect((await rawRequest(port, 'GET /src/a.ts HTTP/1.0\r\n\r\n')).status).toBe(421);
    expect((await rawRequest(port, 'GET /src/a.ts HTTP/1.1\r\nconnection: close\r\n\r\n')).status).toBe(400);
    const two = `GET /src/a.ts HTTP/1.1\r\nhost: evil.example\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`;
    expect([400, 421]).toContain((await rawRequest(port, two)).status);
  });

  it('takes no WebSocket', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'vite-hmr',
    };
    expect((await rawGet(server.port, '/', headers)).status).toBe(400);
  });
});

it('listens on 127.0.0.1 and on no other address', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  for (const host of ['127.0.0.2', '::1', ...others]) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port: server.port, timeout: 2000 });
      const end = (result: boolean): void => {
        socket.destroy();
        resolve(result);
      };
      socket.on('connect', () => end(true));
      socket.on('error', () => end(false));
      socket.on('timeout', () => end(false));
    });
    expect({ host, reached }).toEqual({ host, reached: false });
  }
});
