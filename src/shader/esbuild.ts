// `inception-webgpu/esbuild`: WGSL files in projects that are bundled by esbuild. It needs the package wgsl_reflect.
import { readFile } from 'node:fs/promises';
import { WgslError } from '../gpu/wgsl_text';
import { isWgsl, moduleOf, NAME, readShader, small } from './bundled';

/** What esbuild takes from a plugin: a module, or what is wrong and where. */
export interface EsbuildResult {
  /** The module, in JavaScript. */
  contents?: string;
  loader?: 'js';
  errors?: { text: string; location: { file: string; line: number } | null }[];
}

/** What esbuild takes as a plugin. */
export interface EsbuildPlugin {
  name: string;
  setup(build: {
    onLoad(options: { filter: RegExp }, load: (file: { path: string }) => Promise<EsbuildResult>): void;
  }): void;
}

/**
 * A plugin for esbuild: `import shader from './x.wgsl'` gives the file's `ShaderModule`, without comments. A file that is no
 * such WGSL stops the build, with the line.
 */
export const wgsl = (): EsbuildPlugin => ({
  name: NAME,
  setup(build) {
    build.onLoad({ filter: isWgsl }, ({ path }) => load(path));
  },
});

async function load(path: string): Promise<EsbuildResult> {
  try {
    return { contents: moduleOf(small(readShader(path, await readFile(path, 'utf8')))), loader: 'js' };
  } catch (error) {
    if (!(error instanceof WgslError)) throw error;
    const location = error.line > 0 ? { file: path, line: error.line } : null;
    return { errors: [{ text: error.message, location }] };
  }
}
