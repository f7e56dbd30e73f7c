// `inception-webgpu/vite`: WGSL files in projects that are bundled by Vite or Rollup. It needs the package wgsl_reflect.
import { moduleOf, small } from './bundled';
import { vitePlugin, type VitePlugin } from './vite_plugin';

export type { VitePlugin };

/**
 * A plugin for Vite and Rollup: `import shader from './x.wgsl'` gives the file's `ShaderModule`. A build leaves out its
 * comments; a file that is no such WGSL stops it, with the line.
 */
export const wgsl = (): VitePlugin => vitePlugin((shader) => moduleOf(small(shader)));
