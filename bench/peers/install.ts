import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../src/core/errors';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

interface Package {
  readonly version?: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): Package => JSON.parse(readFileSync(FOLDER + path, 'utf8')) as Package;

/** Version of an installed package; undefined where it is not installed. */
export function installedVersion(name: string): string | undefined {
  try {
    return read(`node_modules/${name}/package.json`).version;
  } catch {
    return undefined;
  }
}

/**
 * Installs this folder's packages unless they are there in the versions it names.
 * @throws {EngineError} if npm fails
 */
export async function ensurePackages(): Promise<void> {
  const wanted = Object.entries(read('package.json').devDependencies ?? {});
  const missing = wanted.filter(([name, version]) => installedVersion(name) !== version);
  if (missing.length === 0) return;
  const names = missing.map(([name, version]) => `${name} ${version}`).join(', ');
  console.error(`Installing into bench/peers (300 MB, only this once): ${names}`);
  const status = await npm('ci', '--ignore-scripts', '--no-audit', '--no-fund');
  if (status !== 0) {
    throw new EngineError(
      'bench peers',
      'the peers could not be installed',
      `npm ci ended with status ${status}`,
      'run npm ci in bench/peers to see why',
    );
  }
}

function npm(...args: string[]): Promise<number> {
  return new Promise((resolve) => {
    // npm tells where it is itself if it started us; its output is progress, so it goes to standard error.
    const script = process.env['npm_execpath'];
    const [program, before] = script?.endsWith('js') ? [process.execPath, [script]] : ['npm', []];
    const child = spawn(program, [...before, ...args], {
      cwd: FOLDER,
      stdio: ['ignore', 2, 2],
      shell: program === 'npm' && process.platform === 'win32',
    });
    child.on('error', () => resolve(127));
    child.on('close', (status) => resolve(status ?? 1));
  });
}
