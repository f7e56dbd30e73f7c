import { execFileSync } from 'node:child_process';

const cache = globalThis as { builtLibrary?: true };

/** `npm run build`, once for all test files of a run. */
export function buildLibrary(): void {
  if (cache.builtLibrary) return;
  execFileSync('npm', ['run', 'build', '--silent'], { stdio: 'pipe', shell: process.platform === 'win32' });
  cache.builtLibrary = true;
}
