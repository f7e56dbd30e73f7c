// Reads bindings, struct layouts and overrides from WGSL: once, while bundling, or at run time where an author wants that.
import { ResourceType, StructInfo, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { FunctionInfo, VariableInfo } from 'wgsl_reflect';
import type { Binding, ShaderModule, StructLayout } from '../core/shader';
import { messageOf } from '../core/check';
import { WgslError, maskComments } from '../gpu/wgsl_text';

type Field = StructLayout['fields'][string];

/**
 * Reflects one WGSL file.
 *
 * @param file name used in the result and in errors, e.g. `conv2d.wgsl`
 * @throws WgslError naming file and line where the source does not parse or leaves the engine's conventions:
 *   everything in group 0, uniforms are structs of f32, u32 and i32, storage buffers are arrays
 */
export function reflectShader(file: string, source: string): ShaderModule {
  const reflection = parse(file, source);
  const structs: Record<string, StructLayout> = {};
  for (const uniform of reflection.uniforms) {
    if (uniform.type.name !== 'Params' && uniform.type.name !== 'Step') {
      const line = declarationLine(source, uniform.name);
      throw new WgslError(
        file,
        line,
        `uniform ${uniform.name} must be a Params or a Step`,
        uniform.type.name,
      );
    }
    structs[uniform.type.name] = structLayout(file, source, uniform);
  }
  const entries: Record<string, Record<string, Binding>> = {};
  for (const entry of reflection.entry.compute) entries[entry.name] = entryBindings(file, source, entry);
  if (reflection.entry.compute.length === 0 && !/\bfn\s+rule\b/.test(source)) {
    throw new WgslError(file, 0, 'has neither an entry point for compute nor a rule');
  }
  return { file, source, entries, structs, overrides: reflection.overrides.map((o) => o.name) };
}

function parse(file: string, source: string): WgslReflect {
  try {
    return new WgslReflect(source);
  } catch (error) {
    const text = messageOf(error);
    const found = /^(.*?)\.?\s*Line: (\d+)/s.exec(text);
    throw new WgslError(file, Number(found?.[2] ?? 0), `does not parse: ${found?.[1] ?? text}`);
  }
}

function entryBindings(file: string, source: string, entry: FunctionInfo): Record<string, Binding> {
  const bindings: Record<string, Binding> = {};
  const taken = new Map<number, string>();
  for (const variable of entry.resources) {
    const line = declarationLine(source, variable.name);
    const other = taken.get(variable.binding);
    if (other !== undefined) {
      const problem = `entry point ${entry.name} uses binding ${variable.binding} twice`;
      throw new WgslError(file, line, problem, `${other} and ${variable.name}`);
    }
    if (variable.group !== 0) {
      throw new WgslError(file, line, `${variable.name} must be in group 0`, `group ${variable.group}`);
    }
    taken.set(variable.binding, variable.name);
    bindings[variable.name] = binding(file, line, variable);
  }
  return bindings;
}

function binding(file: string, line: number, variable: VariableInfo): Binding {
  if (variable.resourceType === ResourceType.Uniform) {
    const { name: struct, size } = variable.type;
    return { binding: variable.binding, access: 'uniform', struct, elementBytes: size };
  }
  const { access, name } = variable;
  if (variable.resourceType !== ResourceType.Storage || !variable.isArray) {
    const got = variable.type.getTypeName();
    throw new WgslError(file, line, `${name} must be a uniform struct or a storage array`, got);
  }
  if (access !== 'read' && access !== 'read_write') {
    throw new WgslError(file, line, `${name} must have access read or read_write`, access);
  }
  return { binding: variable.binding, access, elementBytes: variable.stride };
}

function structLayout(file: string, source: string, uniform: VariableInfo): StructLayout {
  const info = uniform.type;
  if (!(info instanceof StructInfo)) {
    const line = declarationLine(source, uniform.name);
    throw new WgslError(file, line, `uniform ${uniform.name} must be a struct`, info.getTypeName());
  }
  const fields: Record<string, Field> = {};
  for (const member of info.members) {
    const type = member.type.getTypeName();
    if (type !== 'f32' && type !== 'u32' && type !== 'i32') {
      const line = declarationLine(source, info.name);
      throw new WgslError(file, line, `${info.name}.${member.name} must be f32, u32 or i32`, type);
    }
    fields[member.name] = { offset: member.offset, type };
  }
  return { size: info.size, fields };
}

/** The line that declares a module-scope variable or struct; 0 where none is found. */
function declarationLine(source: string, name: string): number {
  const declaration = new RegExp(String.raw`(\bvar\s*<[^>]*>\s*|\bstruct\s+)${name}\b`);
  return (
    maskComments(source)
      .split('\n')
      .findIndex((line) => declaration.test(line)) + 1
  );
}
