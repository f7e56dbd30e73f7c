// What the page may ask of Node, and who else may not.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PageOptions } from '../../src/app/events';
import { openCheckpoints } from '../../src/cli/checkpoints';
import { ChoiceFile } from '../../src/cli/choice_file';
import type { ModuleServer } from '../../src/cli/module_server';
import { writeCheckpoint } from '../../src/io/checkpoint';
import { startPageServer } from '../../src/cli/page_server';
import { exampleCheckpoint } from '../support/checkpoint';
import { rawGet, rawRequest } from '../support/raw_http';

const TOKEN = '0123456789abcdef0123456789abcdef';
const OPTIONS: PageOptions = {
  wishes: { preset: 'small', seed: 1, heldOut: 2 },
  version: '1.2.3',
  profile: false,
};

const base = mkdtempSync(join(tmpdir(), 'inception-'));
const checkpoints = await openCheckpoints(base);
let server: ModuleServer;
let received: Uint8Array[] = [];
let refuse = false;
beforeAll(async () => {
  server = await startPageServer({
    token: TOKEN,
    options: OPTIONS,
    choices: new ChoiceFile(join(tmpdir(), 'inception-no-choices.json')),
    checkpoints: checkpoints,
    onWeights: (bytes) => {
      if (refuse) throw new Error('the disk is full');
      received.push(bytes);
    },
  });
});
beforeEach(() => {
  received = [];
  refuse = false;
});
afterAll(async () => {
  await server.close();
  rmSync(base, { recursive: true });
});

const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}) => {
  const all = {
    host: `127.0.0.1:${server.port}`,
    connection: 'close',
    'content-length': `${body.length}`,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return rawRequest(server.port, `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
};
const mine = { 'x-run-token': TOKEN };

describe('the page', () => {
  it('may be seen, but not inside another page', async () => {
    const { status, text } = await rawGet(server.port, '/page');
    expect(status).toBe(200);
    expect(text).toContain("content-security-policy: frame-ancestors 'none'");
    expect(text).toContain('/src/app/main.ts');
  });

  it('gets its modules, styles and shaders, and no other files', async () => {
    for (const path of [
      '/src/app/main.ts',
      '/src/app/style.css',
      '/shaders/relu.wgsl?import',
      '/uplot/uPlot.esm.js',
      '/uplot/uPlot.min.css',
    ])
      expect({ path, status: (await rawGet(server.port, path)).status }).toEqual({ path, status: 200 });
    for (const path of [
      '/package.json',
      '/node_modules/uplot/package.json',
      '/node_modules/vite/package.json',
      '/test/support/page.html',
      '/runs/x/weights.safetensors',
    ])
      expect({ path, status: (await rawGet(server.port, path)).status }).toEqual({ path, status: 403 });
    expect((await rawGet(server.port, '/.git/config')).status).toBe(400);
    expect((await rawGet(server.port, '/uplot/../package.json')).status).toBe(404);
    // Wherever the package lies: the page asks for no folder of packages.
    expect((await rawGet(server.port, '/src/app/chart.ts')).text).toContain('"/uplot/uPlot.esm.js"');
  });
});

describe('data', () => {
  it('needs the token', async () => {
    const tokens: Readonly<Record<string, string>>[] = [
      {},
      { 'x-run-token': '' },
      { 'x-run-token': TOKEN.slice(0, -1) },
      { 'x-run-token': `${TOKEN}0` },
      { 'x-run-token': TOKEN.toUpperCase() },
      { 'x-run-token': `${TOKEN}, ${TOKEN}` },
      { cookie: `x-run-token=${TOKEN}` },
      { authorization: `Bearer ${TOKEN}` },
    ];
    for (const headers of tokens) {
      for (const path of ['/run/options', '/run/test-labels', '/run/none', `/run/options?token=${TOKEN}`]) {
        const { status, text } = await rawGet(server.port, path, headers);
        expect({ path, headers, status }).toEqual({ path, headers, status: 403 });
        expect(text).not.toContain('1.2.3');
      }
      expect((await post('/run/weights', 'numbers', headers)).status).toBe(403);
    }
    expect(received).toEqual([]);
  });

  it('comes with it', async () => {
    const { status, text } = await rawGet(server.port, '/run/options', mine);
    expect(status).toBe(200);
    expect(text).toContain(JSON.stringify(OPTIONS));
    expect(text).toContain('cache-control: no-store');
    expect((await rawGet(server.port, '/run/test-labels', mine)).text).toContain('\0\0\b\x01');
  });

  it('is of the names in a list only', async () => {
    for (const path of [
      '/run/',
      '/run',
      '/run/weights',
      '/run/../package.json',
      '/run/test-labels/..',
      '/run/%74est-labels',
      '/run/..%2fpackage.json',
      '/run/constructor',
    ])
      expect({ path, status: (await rawGet(server.port, path, mine)).status }).toEqual({ path, status: 404 });
  });

  it('is read and written by its own methods only', async () => {
    expect((await post('/run/options', '{}', mine)).status).toBe(405);
    for (const method of ['PUT', 'DELETE', 'OPTIONS'])
      expect((await rawGet(server.port, '/run/weights', mine, method)).status).toBe(405);
  });

  it('gives another site leave for nothing', async () => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-run-token',
    };
    const { status, text } = await rawGet(server.port, '/run/weights', headers, 'OPTIONS');
    expect(status).toBe(403);
    expect(text).not.toMatch(/access-control-allow/i);
  });
});

describe('a checkpoint', () => {
  const bytes = writeCheckpoint(exampleCheckpoint(7));
  const request = (init: RequestInit = {}, headers: Record<string, string> = mine) =>
    fetch(new URL('/run/checkpoint', server.url), { ...init, headers });

  it('needs the token, both ways', async () => {
    for (const headers of [{}, { 'x-run-token': `${TOKEN}0` }]) {
      expect((await request({}, headers)).status).toBe(403);
      expect((await request({ method: 'POST', body: bytes }, headers)).status).toBe(403);
    }
    expect(readdirSync(base)).toEqual([]);
  });

  it('that is none is refused, and nothing is written', async () => {
    const flipped = bytes.slice();
    flipped[flipped.length - 1]! ^= 1;
    for (const body of ['', 'numbers', bytes.slice(0, -4), flipped]) {
      const response = await request({ method: 'POST', body });
      expect(response.status).toBe(400);
      expect(await response.text()).toMatch(/^checkpoint from the page/);
    }
    expect(readdirSync(base)).toEqual([]);
    expect((await request()).status).toBe(204);
  });

  it('is kept under its step, and given back', async () => {
    expect((await request({ method: 'POST', body: bytes })).status).toBe(204);
    expect(readdirSync(base)).toEqual(['step-0000000007.safetensors']);
    const response = await request();
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });
});

describe('weights', () => {
  it('arrive whole', async () => {
    expect((await post('/run/weights', 'numbers', mine)).status).toBe(204);
    expect(received.map(String)).toEqual(['numbers']);
  });

  it('are not taken in part, when the connection breaks off', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `POST /run/weights HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-run-token: ${TOKEN}\r\n` +
        'content-length: 100\r\n\r\nonly some of it',
    );
    await wait(100);
    socket.destroy();
    await wait(100);
    expect(received).toEqual([]);
    expect((await post('/run/weights', 'numbers', mine)).status).toBe(204);
  });

  it('are refused before they arrive, where they are too many', async () => {
    const reply = await post('/run/weights', 'numbers', { ...mine, 'content-length': `${2 ** 40}` });
    expect(reply.status).toBe(413);
    expect(received).toEqual([]);
  });

  it('that cannot be kept are an answer with the reason', async () => {
    refuse = true;
    const { status, text } = await post('/run/weights', 'numbers', mine);
    expect(status).toBe(500);
    expect(text).toContain('the disk is full');
  });
});
