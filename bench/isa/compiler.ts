// WGSL -> Dawn -> SPIR-V -> Mesa's RADV -> AMD machine code, on a machine without such a GPU: the driver is told to
// compile for a chip, and a layer keeps it from doing anything else.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../src/core/errors';
import { parseAssembly, type Assembly } from './assembly';

/** RDNA2 and RDNA3 as RADV names them; any of its names will do. */
export const CHIPS = { navi21: 'RDNA2', navi31: 'RDNA3' } as const;

export interface Source {
  /** For errors. */
  readonly label: string;
  /** WGSL, with its constants replaced and its loops unrolled. */
  readonly source: string;
  readonly entry: string;
  readonly constants: Readonly<Record<string, number>>;
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const SETUP = 'run bench/isa/setup.sh once';

/** The file that tells Vulkan where RADV is, and a mark that changes with the driver. */
function findDriver(): { readonly manifest: string; readonly version: string } {
  for (const folder of ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d']) {
    const name = existsSync(folder)
      ? readdirSync(folder).find((file) => /^radeon_icd.*\.json$/.test(file))
      : '';
    if (!name) continue;
    const manifest = join(folder, name);
    const { ICD } = JSON.parse(readFileSync(manifest, 'utf8')) as { ICD: { library_path: string } };
    const library = ICD.library_path;
    const version = existsSync(library) ? statSync(library).mtime.toISOString() : library;
    return { manifest, version };
  }
  throw new EngineError('bench isa', 'finds no Vulkan driver for AMD', undefined, SETUP);
}

/** Compiles kernels, each once: the driver's text is kept in a folder under a hash of all that decides it. */
export class Compiler {
  readonly #cache: string;
  readonly #driver = findDriver();

  /** @throws {EngineError} if the driver, its layer or Dawn is missing */
  constructor(cache: string) {
    this.#cache = cache;
    for (const needed of ['.cache/libnull_commands.so', 'node_modules/webgpu']) {
      if (!existsSync(join(FOLDER, needed))) {
        throw new EngineError('bench isa', 'is not set up', `no bench/isa/${needed}`, SETUP);
      }
    }
  }

  /** @throws {EngineError} with Dawn's messages if it refuses the shader */
  async compile(request: Source, chip: string): Promise<Assembly> {
    const { label, source, entry, constants } = request;
    const input = JSON.stringify({ source, entry, constants });
    const hash = createHash('sha256').update(`${this.#driver.version}\n${chip}\n${input}`).digest('hex');
    const file = join(this.#cache, `${hash.slice(0, 32)}.txt`);
    const kept = await readFile(file, 'utf8').catch(() => undefined);
    if (kept !== undefined) return parseAssembly(kept);

    const text = await this.#run(input, chip);
    const refused = [...text.matchAll(/^REFUSED (.*)$/gm)].map(([, message]) => message);
    if (!/^COMPILED$/m.test(text)) {
      const got = refused.length > 0 ? refused.join('\n') : text.trim().slice(-500);
      throw new EngineError(label, `does not compile for ${chip}`, got);
    }
    // Before the disassembly stand the same program's earlier forms, many times as long.
    const shaderAt = text.lastIndexOf('\nBB0:', text.lastIndexOf('*** SHADER STATS ***'));
    const assembly = parseAssembly(text.slice(shaderAt));
    await mkdir(this.#cache, { recursive: true });
    // Another run may write the same file.
    await writeFile(`${file}.${process.pid}`, text.slice(shaderAt));
    await rename(`${file}.${process.pid}`, file);
    return assembly;
  }

  /** What the child process and the driver inside it printed. */
  #run(input: string, chip: string): Promise<string> {
    const layers = join(FOLDER, '.cache');
    const child = spawn('nice', [process.execPath, join(FOLDER, 'compile.mjs')], {
      env: {
        ...process.env,
        VK_LAYER_PATH: layers,
        VK_INSTANCE_LAYERS: 'VK_LAYER_INCEPTION_null_commands',
        VK_ICD_FILENAMES: this.#driver.manifest,
        RADV_FORCE_FAMILY: chip,
        RADV_DEBUG: 'shaders,shaderstats,nocache',
        XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir(),
      },
    });
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.on('error', reject);
      child.on('close', () => resolve(Buffer.concat(chunks).toString()));
      child.stdin.end(input);
    });
  }
}
