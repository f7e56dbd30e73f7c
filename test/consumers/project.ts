// An empty project, into which the package is installed as npm packs it.
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';
import { ROOT } from '../../src/cli/module_server';

const PROGRAM = join(ROOT, 'test/consumers/program');
/** What `inception-webgpu/shader`, `/vite` and `/esbuild` ask for: the repository's own. */
export const WGSL_REFLECT = join(ROOT, 'node_modules/wgsl_reflect');
const shell = process.platform === 'win32';

/** @returns the path of what `npm pack` makes of `dist` as it is */
export function pack(folder: string): string {
  const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const printed = execFileSync('npm', args, { cwd: ROOT, shell, encoding: 'utf8' });
  return join(folder, printed.trim().split('\n').at(-1) ?? '');
}

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'inception-consumer-'));

  /** @param packages to be installed beside it, folders or from the registry; without these, nothing is asked of the network */
  constructor(tarball: string, packages: readonly string[] = []) {
    this.write('package.json', '{ "private": true, "type": "module" }');
    const offline = packages.every((name) => isAbsolute(name)) ? ['--offline'] : [];
    const args = ['install', '--silent', '--no-audit', '--no-fund', ...offline, tarball, ...packages];
    execFileSync('npm', args, { cwd: this.folder, shell, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(join(this.folder, name, '..'), { recursive: true });
    writeFileSync(join(this.folder, name), content);
  }

  /** Takes files of `program` as they are. */
  take(...names: readonly string[]): void {
    for (const name of names) copyFileSync(join(PROGRAM, name), join(this.folder, name));
  }

  /** Takes TypeScript files of `program` as JavaScript. @param from what stands for the package's name */
  takeScripts(names: readonly string[], from = 'inception-webgpu'): void {
    for (const name of names) {
      const { code } = transformSync(readFileSync(join(PROGRAM, `${name}.ts`)), { loader: 'ts' });
      this.write(`${name}.js`, code.replaceAll('"inception-webgpu"', `"${from}"`));
    }
  }

  /** A page that loads a module. @param imports of its import map */
  page(module: string, imports: Readonly<Record<string, string>> = {}): void {
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    const script = `<script type="module" src="./${basename(module)}"></script>`;
    const head = '<!doctype html><link rel="icon" href="data:," />';
    this.write(join(module, '../index.html'), `${head}${map}${script}`);
  }

  /** The path of a file of a package that the project has, else of the repository's. */
  find(file: string): string {
    try {
      return createRequire(join(this.folder, 'package.json')).resolve(file);
    } catch {
      return createRequire(import.meta.url).resolve(file);
    }
  }

  /** Has Node run a script in the project. */
  node(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.run(process.execPath, args, env);
  }

  run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: { ...process.env, ...env } };
      execFile(program, args, options, (error, out, err) => {
        const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
        resolve({ code, output: code === 0 ? out.trim() : `${out}${err}`.trim() });
      });
    });
  }

  /** Kilobytes of a script, minified and as gzip sends it. */
  kilobytes(name: string): number {
    const { code } = transformSync(readFileSync(join(this.folder, name)), { minify: true, format: 'esm' });
    return gzipSync(code, { level: 9 }).length / 1000;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @throws {Error} with what it printed, unless it ended well */
export function requireEnded({ code, output }: Ended): string {
  if (code !== 0) throw new Error(`ended with ${code}: ${output}`);
  return output;
}
