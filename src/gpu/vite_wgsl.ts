// Lets bundlers built on Vite (dev server, library build, tests) import a WGSL file as a reflected object.
import { basename } from 'node:path';
import type { Plugin } from 'vite';
import { reflectShader } from './reflect';
import { WgslError } from './wgsl_text';

/** Vite plugin: `import shader from './x.wgsl'` gives the file's `ShaderModule`. */
export function wgsl(): Plugin {
  return {
    name: 'inception-webgpu:wgsl',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('.wgsl')) return null;
      try {
        const shader = reflectShader(basename(id), code);
        return { code: `export default ${JSON.stringify(shader)};\n`, map: null };
      } catch (error) {
        if (!(error instanceof WgslError)) throw error;
        return this.error({ message: error.message, id, loc: { file: id, line: error.line, column: 0 } });
      }
    },
  };
}
