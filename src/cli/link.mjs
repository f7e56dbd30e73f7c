// `npm ci` in a clone has `npx inception-webgpu` run the sources: npm links the commands of packages, but not the clone's own.
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const link = join(bin, 'inception-webgpu');
const program = '../../src/cli/inception-webgpu.mjs';

mkdirSync(bin, { recursive: true });
rmSync(link, { force: true });
if (process.platform === 'win32') {
  // What npm writes there for packages: one for cmd, and one for shells, by which npx knows that the command exists.
  writeFileSync(`${link}.cmd`, `@node "%~dp0\\${program.replaceAll('/', '\\')}" %*\r\n`);
  writeFileSync(link, `#!/bin/sh\nexec node "$(dirname "$0")/${program}" "$@"\n`);
} else {
  symlinkSync(program, link);
  chmodSync(join(bin, program), 0o755);
}
