import { bytesOf } from '../core/dtype';
import type { ShaderModule, StructLayout } from '../core/shader';
import { STEP_FIELDS, type Step } from '../core/step';
import { ShaderError } from '../core/errors';
import { createBuffer, writeBuffer } from '../gpu/commands';
import type { Engine } from '../gpu/engine';

/** Writes numbers into the bytes of a uniform struct, by name, as the shader's own layout says. */
export function packStruct(
  where: string,
  { fields }: StructLayout,
  values: Readonly<Record<string, number>>,
  view: DataView,
): void {
  const missing = Object.keys(fields).filter((name) => values[name] === undefined);
  const unknown = Object.keys(values).filter((name) => !fields[name]);
  if (missing.length > 0 || unknown.length > 0) {
    const got = `not given: [${missing.join(', ')}], not in the shader: [${unknown.join(', ')}]`;
    throw new ShaderError(where, 'the parameters do not match the struct', got);
  }
  for (const [name, { offset, type }] of Object.entries(fields)) {
    const value = values[name] as number;
    if (type === 'f32') view.setFloat32(offset, value, true);
    else if (type === 'i32') view.setInt32(offset, value, true);
    else {
      if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
        throw new ShaderError(where, `${name} must be a whole number of 32 bits`, `${value}`);
      }
      view.setUint32(offset, value, true);
    }
  }
}

const STEP_LAYOUT: StructLayout = {
  size: bytesOf(Object.keys(STEP_FIELDS).length, 'u32'),
  fields: Object.fromEntries(
    Object.entries(STEP_FIELDS).map(([name, type], index) => [name, { offset: bytesOf(index, type), type }]),
  ),
};

/** @throws {ShaderError} if a shader's `Step` is not the one that the runtime writes. */
export function checkStep({ file, structs }: ShaderModule): void {
  if (JSON.stringify(structs.Step?.fields) !== JSON.stringify(STEP_LAYOUT.fields)) {
    const advice = Object.keys(STEP_FIELDS).join(', ');
    throw new ShaderError(file, 'struct Step must have these fields', undefined, advice);
  }
}

/** The small uniform of what changes from step to step; its bytes on the CPU are made once. */
export class StepUniform {
  readonly buffer: GPUBuffer;
  readonly #engine: Engine;
  readonly #bytes = new DataView(new ArrayBuffer(STEP_LAYOUT.size));

  constructor(engine: Engine, label: string) {
    this.#engine = engine;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.buffer = createBuffer(engine, { label, size: 256, usage });
  }

  /** What is submitted from now on sees these numbers. */
  write(step: Step): void {
    packStruct('step', STEP_LAYOUT, step as never, this.#bytes);
    // The whole buffer, since Dawn's binding for Node takes no DataView.
    writeBuffer(this.#engine, this.buffer, 0, this.#bytes.buffer);
  }
}
