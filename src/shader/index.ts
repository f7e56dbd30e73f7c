// WGSL that is read at run time, in an entry of its own: `inception-webgpu/shader`. It needs the package wgsl_reflect.
import { requireText } from '../core/check';
import type { ShaderModule } from '../core/shader';
import { reflectShader } from './reflect';

/**
 * Reads a shader from its text, as the plugins for Vite and esbuild do while they bundle.
 * @param text of a WGSL file: all its variables in group 0, uniforms are structs of f32, u32 and i32, storage buffers are arrays
 * @param file its name in errors and profiles. Default `shader.wgsl`
 * @throws {ShaderError} naming file and line where the text is no such WGSL; {ValueError} unless both are strings
 */
export function shader(text: string, file = 'shader.wgsl'): ShaderModule {
  requireText('shader', 'its text', text);
  requireText('shader', 'its file name', file);
  // A byte order mark is no WGSL.
  return reflectShader(file, text.replace(/^\uFEFF/, ''));
}
