import type { ShaderModule } from '../core/shader';
import { WgslError } from '../gpu/wgsl_text';
import { isWgsl, moduleOf, NAME, readShader } from './bundled';

/** What Vite and Rollup take as a plugin. */
export interface VitePlugin {
  readonly name: string;
  readonly enforce: 'pre';
  configResolved(config: { readonly command: string }): void;
  transform(
    this: {
      error(problem: {
        message: string;
        id: string;
        loc?: { file: string; line: number; column: number };
      }): never;
    },
    code: string,
    id: string,
  ): { readonly code: string; readonly map: null } | null;
}

/** @param write what a build makes of a shader; a server, which people debug with, has it as it is */
export function vitePlugin(write: (shader: ShaderModule) => string): VitePlugin {
  let serves = false;
  return {
    name: NAME,
    enforce: 'pre',
    configResolved({ command }) {
      serves = command === 'serve';
    },
    transform(code, id) {
      if (!isWgsl.test(id)) return null;
      try {
        const shader = readShader(id, code);
        return { code: serves ? moduleOf(shader) : write(shader), map: null };
      } catch (error) {
        if (!(error instanceof WgslError)) throw error;
        const loc = error.line > 0 && { loc: { file: id, line: error.line, column: 0 } };
        return this.error({ message: error.message, id, ...loc });
      }
    },
  };
}
