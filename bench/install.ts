import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../src/cli/module_server';
import { EngineError } from '../src/core/errors';

interface Package {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = (...path: string[]): Package => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8')) as Package;

/** Version of a package that a folder of the repository has installed; undefined where it has not. */
export function installedVersion(folder: string, name: string): string | undefined {
  try {
    return read(folder, 'node_modules', name, 'package.json').version;
  } catch {
    return undefined;
  }
}

/**
 * Installs the packages of a folder that has a package.json of its own, unless they are there in the versions it names.
 * @param folder of the repository, such as `bench/peers`
 * @param size what there is to download, for the person who waits
 * @throws {EngineError} if npm fails
 */
export async function ensurePackages(folder: string, size: string): Promise<void> {
  const { dependencies, devDependencies } = read(folder, 'package.json');
  const wanted = Object.entries({ ...dependencies, ...devDependencies });
  const missing = wanted.filter(([name, version]) => installedVersion(folder, name) !== version);
  if (missing.length === 0) return;
  const names = missing.map(([name, version]) => `${name} ${version}`).join(', ');
  console.error(`Installing into ${folder} (${size}, only this once): ${names}`);
  const status = await npm(join(ROOT, folder), 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
  if (status !== 0) {
    throw new EngineError(
      folder,
      'its packages could not be installed',
      `npm ci ended with status ${status}`,
      `run npm ci in ${folder} to see why`,
    );
  }
}

function npm(cwd: string, ...args: string[]): Promise<number> {
  return new Promise((resolve) => {
    // npm tells where it is itself if it started us; its output is progress, so it goes to standard error.
    const script = process.env['npm_execpath'];
    const [program, before] = script?.endsWith('js') ? [process.execPath, [script]] : ['npm', []];
    const child = spawn(program, [...before, ...args], {
      cwd,
      stdio: ['ignore', 2, 2],
      shell: program === 'npm' && process.platform === 'win32',
    });
    child.on('error', () => resolve(127));
    child.on('close', (status) => resolve(status ?? 1));
  });
}
