import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** `npm run build`. */
export function build(): void {
  execFileSync('npm', ['run', 'build', '--silent'], { stdio: 'pipe', shell: process.platform === 'win32' });
}

/** The same, once for all test files of a run: the first process that asks builds, the other waits for it. */
export function buildLibrary(): void {
  const folder = join(inject('scratch'), 'build');
  const done = join(folder, 'done');
  if (mkdirSync(folder, { recursive: true }) === undefined) {
    while (!existsSync(done)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    return;
  }
  try {
    build();
  } finally {
    writeFileSync(done, '');
  }
}
