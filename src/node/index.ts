// An engine outside of browsers, in an entry of its own: `inception-webgpu/node`.
import { requireObject } from '../core/check';
import { NoAdapterError } from '../core/errors';
import { openEngine as openOn, type Engine, type EngineOptions } from '../gpu/engine';

/** What `navigator.gpu` is in browsers, Deno and others. */
export interface AdapterSource {
  /** As `GPU.requestAdapter`; null where there is none. */
  requestAdapter(options?: { readonly powerPreference?: 'high-performance' }): Promise<GPUAdapter | null>;
}

/** How an engine is opened outside of browsers. */
export interface NodeEngineOptions extends EngineOptions {
  /** Where adapters come from. Default: `navigator.gpu` where there is one, else Dawn, from the package `webgpu`. */
  readonly gpu?: AdapterSource;
}

const WHERE = 'inception-webgpu/node';
const DRIVER =
  'install a Vulkan driver: that of your GPU, or Mesa 25 or later, which computes on the CPU, too (Debian: mesa-vulkan-drivers)';

/** Globals of the specification that the engine uses; a `gpu` that is no browser's may come without. */
const CONSTANTS = {
  GPUMapMode: { READ: 0x1, WRITE: 0x2 },
  GPUShaderStage: { VERTEX: 0x1, FRAGMENT: 0x2, COMPUTE: 0x4 },
  GPUBufferUsage: {
    MAP_READ: 0x1,
    MAP_WRITE: 0x2,
    COPY_SRC: 0x4,
    COPY_DST: 0x8,
    INDEX: 0x10,
    VERTEX: 0x20,
    UNIFORM: 0x40,
    STORAGE: 0x80,
    INDIRECT: 0x100,
    QUERY_RESOLVE: 0x200,
  },
  GPUTextureUsage: {
    COPY_SRC: 0x1,
    COPY_DST: 0x2,
    TEXTURE_BINDING: 0x4,
    STORAGE_BINDING: 0x8,
    RENDER_ATTACHMENT: 0x10,
  },
};

/** Dawn ends with its `gpu`, so that this must live as long as the process. */
let dawn: AdapterSource | undefined;

/**
 * Opens an engine on Dawn, or on the `gpu` that is given. Dawn keeps a process alive: end yours by `process.exit`.
 * @throws {ValueError} of an option that is wrong; {NoAdapterError} that says what to install, where the package `webgpu` or a driver is missing
 */
export async function openEngine({ gpu, ...options }: NodeEngineOptions = {}): Promise<Engine> {
  if (gpu !== undefined) requireObject(WHERE, 'gpu', gpu, ['requestAdapter']);
  for (const [name, numbers] of Object.entries(CONSTANTS)) {
    if (!(name in globalThis)) Object.assign(globalThis, { [name]: numbers });
  }
  if (options.device ?? options.adapter) return openOn(options);
  const here = (globalThis.navigator as { readonly gpu?: AdapterSource } | undefined)?.gpu;
  const source = gpu ?? here ?? (await openDawn());
  const adapter = await source.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new NoAdapterError(WHERE, 'there is no adapter', undefined, DRIVER);
  return openOn({ ...options, adapter });
}

interface Dawn {
  create(flags: readonly string[]): AdapterSource;
  /** `GPUBufferUsage` and so on, which browsers have. */
  readonly globals: object;
}

async function openDawn(): Promise<AdapterSource> {
  if (dawn) return dawn;
  try {
    const name = 'webgpu';
    const module = (await import(/* @vite-ignore */ name)) as Dawn;
    Object.assign(globalThis, module.globals);
    return (dawn = module.create([]));
  } catch (cause) {
    const advice = 'npm install webgpu, or give openEngine a gpu';
    throw new NoAdapterError(WHERE, 'the package webgpu cannot be loaded', String(cause), advice, { cause });
  }
}
