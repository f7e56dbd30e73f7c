// What `npm ci` does in a clone, so that npx finds its command.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const shell = process.platform === 'win32';
const base = mkdtempSync(join(tmpdir(), 'inception-link-'));
afterAll(() => rmSync(base, { recursive: true }));

const { scripts, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: { readonly prepare: string };
  readonly bin: Readonly<Record<string, string>>;
};

function project(name: string): string {
  const folder = join(base, name);
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'inception-webgpu', version: '0.0.0', bin, scripts }),
  );
  return folder;
}

const run = (cwd: string, program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { cwd, shell, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

it('npx finds the command of a clone, before and after it is built', () => {
  const clone = project('a clone');
  cpSync('src/cli/link.mjs', join(clone, 'src/cli/link.mjs'));
  writeFileSync(
    join(clone, 'src/cli/inception-webgpu.mjs'),
    `#!/usr/bin/env node\nconsole.log('sources', ...process.argv.slice(2));\n`,
  );
  for (let time = 0; time < 2; time++) {
    run(clone, 'npm', 'run', 'prepare', '--silent');
    expect(run(clone, 'npx', '--no', 'inception-webgpu', 'train', '--steps', '3').trim()).toBe(
      'sources train --steps 3',
    );
    mkdirSync(join(clone, 'dist/cli'), { recursive: true });
    writeFileSync(join(clone, 'dist/cli/inception-webgpu.js'), `console.log('built');\n`);
  }
});

it('where there are no sources it says nothing', () => {
  expect(run(project('installed'), 'npm', 'run', 'prepare', '--silent')).toBe('');
});
