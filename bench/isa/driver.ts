// WGSL -> Dawn -> SPIR-V -> a driver's machine code, on a machine without such a GPU: in the folder that setup.sh made the
// driver opens a device that does nothing.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { EngineError } from '../../src/core/errors';
import type { Family } from './families';
import { readPrinted, type Program } from './program';

export interface Source {
  /** For errors. */
  readonly label: string;
  /** WGSL, with its constants replaced and its loops unrolled. */
  readonly source: string;
  readonly entry: string;
  readonly constants: Readonly<Record<string, number>>;
}

const ROOT =
  process.env['ISA_ROOT'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'inception-webgpu-isa');

/** Compiles kernels, each once: what was printed is kept in a folder under a hash of all that decides it. */
export class Driver {
  /** Version of Mesa, as Debian has it. */
  readonly version: string;
  readonly #setUp: number;
  readonly #cache: string;

  /** @throws {EngineError} if nothing is set up */
  constructor(cache: string) {
    this.#cache = cache;
    const file = join(ROOT, 'isa/version');
    if (!existsSync(file))
      throw new EngineError('bench isa', 'is not set up', `no ${file}`, 'run bench/isa/setup.sh once');
    this.version = readFileSync(file, 'utf8');
    this.#setUp = statSync(file).mtimeMs;
  }

  /** The program, and what was printed of it. @throws {EngineError} with Dawn's messages if it refuses the shader */
  async compile(
    { label, source, entry, constants }: Source,
    family: Family,
  ): Promise<Program & { readonly printed: string }> {
    if (!existsSync(join(ROOT, `isa/${family.device}.so`)) || !existsSync(join(ROOT, family.manifest)))
      throw new EngineError(
        family.name,
        'has no driver',
        family.manifest,
        'see what bench/isa/setup.sh says',
      );
    const input = JSON.stringify({ source, entry, constants });
    const key = JSON.stringify([this.version, this.#setUp, family.manifest, family.environment, input]);
    const file = join(this.#cache, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.gz`);
    const kept = await readFile(file).catch(() => undefined);
    const printed = kept ? gunzipSync(kept).toString('latin1') : await run(input, family);
    if (!/^@compiled$/m.test(printed)) {
      const refused = [...printed.matchAll(/^@refused (.*)$/gm)].map(([, message]) => message);
      const got = refused.length > 0 ? refused.join('\n') : printed.trim().slice(-500);
      throw new EngineError(label, `does not compile for ${family.name}`, got);
    }
    if (!kept) {
      await mkdir(this.#cache, { recursive: true });
      // Another run may write the same file.
      await writeFile(`${file}.${process.pid}`, gzipSync(Buffer.from(printed, 'latin1')));
      await rename(`${file}.${process.pid}`, file);
    }
    try {
      return { ...family.read(readPrinted(printed)), printed };
    } catch (error) {
      throw new EngineError(`${family.name}, ${label}`, String(error), undefined, undefined, {
        cause: error,
      });
    }
  }
}

/** What a process in the folder, and the driver inside it, printed. */
function run(input: string, { device, manifest, environment }: Family): Promise<string> {
  const variables = {
    PATH: '/usr/bin',
    HOME: '/tmp',
    XDG_RUNTIME_DIR: '/tmp',
    LD_PRELOAD: `/isa/${device}.so`,
    VK_DRIVER_FILES: `/${manifest}`,
    VK_LAYER_PATH: '/isa',
    VK_INSTANCE_LAYERS: 'VK_LAYER_INCEPTION_report_pipelines',
    MESA_SHADER_CACHE_DISABLE: 'true',
    ...environment,
  };
  const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  // Others than root may enter such a folder as root of nothing but themselves.
  const entering = process.getuid?.() === 0 ? [] : ['unshare', '--map-root-user'];
  const command = [...entering, 'chroot', ROOT, '/usr/bin/env', '-i', ...set, 'node', '/isa/compile.mjs'];
  const child = spawn('nice', command);
  return new Promise((resolve, reject) => {
    // Each by itself, for they come in pieces; some drivers print to one, some to the other.
    const [out, errors]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('latin1').on('data', (piece: string) => out.push(piece));
    child.stderr.setEncoding('latin1').on('data', (piece: string) => errors.push(piece));
    child.on('error', reject);
    child.on('close', () => resolve([...out, '\n', ...errors].join('')));
    child.stdin.end(input);
  });
}
