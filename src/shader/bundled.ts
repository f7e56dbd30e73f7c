// What a bundler puts in the place of a WGSL file.
import { basename } from 'node:path';
import type { ShaderModule } from '../core/shader';
import { squeezed } from '../gpu/wgsl_text';
import { reflectShader } from './reflect';

export const isWgsl = /\.wgsl$/;

/** A plugin's name in what the bundler says. */
export const NAME = 'inception-webgpu:wgsl';

/** Without comments and spaces, whose lines keep their numbers. */
export const small = (shader: ShaderModule): ShaderModule => ({ ...shader, source: squeezed(shader.source) });

/** A module in JavaScript whose default export is this shader. */
export const moduleOf = (shader: ShaderModule): string => `export default ${JSON.stringify(shader)};\n`;

/** @throws {WgslError} naming file and line */
export const readShader = (path: string, text: string): ShaderModule =>
  reflectShader(basename(path), text.replace(/^\uFEFF/, ''));
