// Dawn, Chrome's implementation of WebGPU, in Node: https://www.npmjs.com/package/webgpu.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../src/cli/module_server';
import { EngineError } from '../../src/core/errors';
import { ensurePackages, installedVersion } from '../install';

/** A package of its own, for its binaries are large and the browser does without. */
const FOLDER = 'bench/dawn';

/** What is used of the package. */
interface Dawn {
  readonly create: (flags: readonly string[]) => GPU;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** Dawn ends the process if what `create` gives is collected. */
const kept: GPU[] = [];

export const installDawn = (): Promise<void> => ensurePackages(FOLDER, '30 MB');

/** Names what runs, to stand beside figures. */
export const dawnVersion = (): string =>
  `Node ${process.versions.node} with Dawn (npm package webgpu ${installedVersion(FOLDER, 'webgpu') ?? ''})`;

/**
 * WebGPU in this process; its constants, such as `GPUBufferUsage`, become global.
 * @param flags of Dawn, such as `enable-dawn-features=allow_unsafe_apis`
 * @throws {EngineError} if the package is not installed
 */
export async function openDawn(flags: readonly string[] = []): Promise<GPU> {
  const path = join(ROOT, FOLDER, 'node_modules/webgpu/index.js');
  let dawn: Dawn;
  try {
    dawn = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Dawn;
  } catch (cause) {
    const advice = `run npm ci in ${FOLDER}`;
    throw new EngineError('Dawn', 'does not load', String(cause), advice, { cause });
  }
  for (const [name, value] of Object.entries(dawn.globals)) Reflect.set(globalThis, name, value);
  const gpu = dawn.create(flags);
  kept.push(gpu);
  return gpu;
}

/** The first adapter. @throws {EngineError} if there is none */
export async function findAdapter(gpu: GPU): Promise<GPUAdapter> {
  const adapter = await gpu.requestAdapter();
  if (adapter) return adapter;
  throw new EngineError(
    'Dawn',
    'finds no adapter',
    undefined,
    'install a Vulkan driver: Mesa 25 or later (Debian: mesa-vulkan-drivers; bookworm: from backports)',
  );
}
