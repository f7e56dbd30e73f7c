// Lets bundlers built on Vite (dev server, library build, tests) import a WGSL file as a reflected object.
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { reflectShader } from './reflect';
import { shippedShader } from './shipped';
import { WgslError } from './wgsl_text';

/** Vite plugin: `import shader from './x.wgsl'` gives the file's `ShaderModule`. */
export function wgsl(): Plugin {
  let builds = false;
  return {
    name: 'inception-webgpu:wgsl',
    enforce: 'pre',
    configResolved({ command }) {
      builds = command === 'build';
    },
    transform(code, id) {
      if (!id.endsWith('.wgsl')) return null;
      try {
        const shader = reflectShader(basename(id), code);
        if (!builds) return { code: `export default ${JSON.stringify(shader)};\n`, map: null };
        const reader = JSON.stringify(fileURLToPath(new URL('../core/shader.ts', import.meta.url)));
        const made = shippedShader(shader).map((argument) => JSON.stringify(argument));
        return {
          code: `import { shaderOf } from ${reader};\nexport default /* @__PURE__ */ shaderOf(${made.join(', ')});\n`,
          map: null,
        };
      } catch (error) {
        if (!(error instanceof WgslError)) throw error;
        return this.error({ message: error.message, id, loc: { file: id, line: error.line, column: 0 } });
      }
    },
  };
}
