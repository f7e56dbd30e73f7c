// Before anything is loaded: what is missing, and where it cannot be loaded from.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true }));

/** `npm start` of a copy in this folder, which has no packages. */
function startIn(name: string): Promise<{ code: unknown; err: string }> {
  const cli = join(base, name, 'src/cli');
  for (const file of ['start.mjs', 'load.mjs'])
    cpSync(fileURLToPath(new URL(`../../src/cli/${file}`, import.meta.url)), join(cli, file));
  return new Promise((resolve) => {
    execFile(process.execPath, [join(cli, 'start.mjs')], (error, _out, err) =>
      resolve({ code: error?.code, err }),
    );
  });
}

it('says how to add packages that npm ci left out', async () => {
  const { code, err } = await startIn('production');
  expect(code).toBe(1);
  expect(err).toMatch(
    /^\/src\/cli\/main\.ts: Cannot find package 'vite' .*; run npm ci --include=dev: .* NODE_ENV=production and --omit=dev leave out\n$/,
  );
});

it.each(['#', '?'])('names a %s in the path, which Vite cannot load from', async (sign) => {
  const { code, err } = await startIn(`a${sign}b`);
  expect(code).toBe(1);
  expect(err).toMatch(/^\/src\/cli\/main\.ts: cannot be loaded: .*; rename the folder\n$/);
  expect(err).toContain(`got ${join(base, `a${sign}b`, 'src/cli/main.ts')};`);
});
