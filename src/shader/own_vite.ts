// For the library's own files, and so for its bundle alone: `src/core/shader.ts` reads them again from a shorter form.
import { fileURLToPath } from 'node:url';
import { shippedShader } from './shipped';
import { vitePlugin, type VitePlugin } from './vite_plugin';

/** Vite plugin: `import shader from './x.wgsl'` gives the file's `ShaderModule`. */
export const wgsl = (): VitePlugin =>
  vitePlugin((shader) => {
    const reader = JSON.stringify(fileURLToPath(new URL('../core/shader.ts', import.meta.url)));
    const made = shippedShader(shader).map((argument) => JSON.stringify(argument));
    return `import { shaderOf } from ${reader};\nexport default /* @__PURE__ */ shaderOf(${made.join(', ')});\n`;
  });
