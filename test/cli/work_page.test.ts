// Pages that do not get on: none is waited for without end.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureBrowser } from '../../src/cli/browser';
import { startModuleServer, type ModuleServer } from '../../src/cli/module_server';
import { PageError, PageLostError, TRAINING, WorkPage } from '../../src/cli/work_page';
import { stillRunning } from '../support/processes';

const root = mkdtempSync(join(tmpdir(), 'inception-'));
let server: ModuleServer;
let page: WorkPage;
beforeAll(async () => {
  mkdirSync(join(root, 'src'));
  const modules = {
    broken: 'export const = 1;',
    importing: "import './nowhere.ts'; window.reportEvent({ kind: 'done' });",
    renamed: "import { b } from './good.ts'; window.reportEvent({ kind: b });",
    good: "export const a = 1; setTimeout(() => window.reportEvent({ kind: 'done' }), 2500); setInterval(() => window.reportEvent({ kind: 'alive' }), 200);",
    silent: '',
    again:
      "if (sessionStorage.length > 0) window.reportEvent({ kind: 'done' }); else { sessionStorage.a = 1; location.reload(); }",
  };
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(root, `src/${name}.ts`), text);
  server = await startModuleServer({
    root,
    folders: ['src'],
    handlers: {
      page: (_request, response, name) => {
        response.setHeader('content-type', 'text/html');
        response.end(`<link rel="icon" href="data:,"><script type="module" src="/src/${name}.ts"></script>`);
      },
    },
  });
});
beforeEach(async () => {
  page = await WorkPage.open(await ensureBrowser(), false, TRAINING);
});
afterEach(() => page.close());
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

const work = (name: string, silence?: number): Promise<void> =>
  page.work(`${server.url}page/${name}`, () => undefined, silence);

describe('a page', () => {
  it('that tells of itself is waited for', async () => {
    await work('good', 1);
  });

  it('may be reloaded: its modules are then what they were', async () => {
    await work('again');
  });

  it.each([
    ['is missing', 'none', /^http:\/\/127\.0\.0\.1:\d+\/src\/none\.ts: the page cannot load it; got 404/],
    [
      'cannot be parsed',
      'broken',
      /^http:\/\/127\.0\.0\.1:\d+\/src\/broken\.ts: the page cannot load it; got 500/,
    ],
    ['imports what is missing', 'importing', /^http:\S+\.ts: the page cannot load it; got 500/],
    ['lacks an export', 'renamed', /does not provide an export named 'b'/],
  ])('one of whose modules %s is an error that names it', async (_what, name, message) => {
    const failed = work(name);
    await expect(failed).rejects.toThrow(PageError);
    await expect(failed).rejects.toThrow(message);
  });

  it('that says nothing is lost', async () => {
    const failed = work('silent', 1);
    await expect(failed).rejects.toThrow(PageLostError);
    await expect(failed).rejects.toThrow('page, browser or GPU gave no sign of life for 1 s');
  });
});

it.runIf(process.platform !== 'win32')(
  'a browser that is stopped is lost, and ends all the same',
  async () => {
    const pid = page.pid!;
    const failed = work('good', 1);
    setTimeout(() => process.kill(-pid, 'SIGSTOP'), 1000);
    await expect(failed).rejects.toThrow(PageLostError);
    await page.close();
    expect(await stillRunning([pid], 5)).toEqual([]);
  },
);
