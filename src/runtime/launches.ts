import type { Launch } from '../core/op';
import { LimitError, ShaderError } from '../core/errors';
import { roundUp } from '../core/shape';
import { createBindGroup, createBuffer, writeBuffer } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { secondsAt } from '../gpu/pace';
import type { Home, BoundLaunch } from '../graph/plan';
import type { Work } from '../graph/work';
import { allocate, orDestroy } from './buffers';
import { orRefused } from './failure';
import { compileAll, type OnCompileProgress } from './compile_kernels';
import { checkStep, packStruct } from './uniforms';

export interface PreparedLaunch {
  readonly label: string;
  readonly part: BoundLaunch['part'];
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: Launch['workgroups'];
  /** How long it should take, by the pace that the engine measured. */
  readonly seconds: number;
}

/** The buffers, by the names that homes have for them. */
export interface Memory {
  readonly slots: readonly GPUBuffer[];
  readonly step: GPUBuffer;
  readonly flat: Readonly<Record<string, GPUBuffer | undefined>>;
}

/** Bytes at whose multiples uniforms may lie. */
const UNIFORM_ALIGNMENT = 256;

/**
 * Compiles all pipelines at once, and makes one uniform buffer and all bind groups.
 * @param works what each of the launches does; without it they count as short
 */
export async function prepareLaunches(
  engine: Engine,
  launches: readonly BoundLaunch[],
  memory: Memory,
  {
    works = [],
    onProgress,
  }: { readonly works?: readonly Work[]; readonly onProgress?: OnCompileProgress } = {},
): Promise<{ launches: PreparedLaunch[]; uniforms: GPUBuffer }> {
  for (const launch of launches) checkWorkgroups(launch, engine);
  const largest = Math.max(1, ...launches.map(({ shader }) => shader.structs.Params?.size ?? 0));
  const stride = roundUp(largest, UNIFORM_ALIGNMENT);
  const packed = new ArrayBuffer(Math.max(1, launches.length) * stride);
  launches.forEach(({ label, shader, params }, index) => {
    const layout = shader.structs.Params;
    if (!layout) throw new ShaderError(shader.file, 'has no struct Params');
    packStruct(`${label} (${shader.file})`, layout, params, new DataView(packed, index * stride));
  });
  const pipelines = await compileAll(engine, launches, onProgress);
  const { uniforms } = await allocate(engine, 'params', () => ({
    uniforms: createBuffer(engine, {
      label: 'params',
      size: packed.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    }),
  }));
  const bind = (launch: BoundLaunch, index: number): PreparedLaunch => {
    const pipeline = pipelines[index] as GPUComputePipeline;
    const { label, part, workgroups } = launch;
    const entries = bindEntries(launch, memory, { buffer: uniforms, offset: index * stride });
    const bindGroup = createBindGroup(engine, {
      label,
      layout: pipeline.getBindGroupLayout(0),
      entries,
    });
    const seconds = secondsAt(engine.pace, works[index] ?? { multiplyAdds: 0, bytes: 0 });
    return { label, part, pipeline, bindGroup, workgroups, seconds };
  };
  const prepare = (): PreparedLaunch[] => {
    writeBuffer(engine, uniforms, 0, packed);
    return launches.map(bind);
  };
  const prepared = await orDestroy(engine, () => orRefused(engine, 'bindings', prepare), [uniforms]);
  return { launches: prepared, uniforms };
}

function bindEntries(
  { label, shader, entry, bind, homes }: BoundLaunch,
  memory: Memory,
  params: { readonly buffer: GPUBuffer; readonly offset: number },
): GPUBindGroupEntry[] {
  const bindings = Object.entries(shader.entries[entry] ?? {});
  const names = new Set(bindings.map(([name]) => name));
  const unknown = Object.keys(bind).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new ShaderError(`${label} (${shader.file}#${entry})`, 'has no such variable', unknown.join(', '));
  }
  return bindings.map(([name, { binding, access, struct }]) => {
    if (access === 'uniform' && struct === 'Step') {
      checkStep(shader);
      return { binding, resource: { buffer: memory.step } };
    }
    if (access === 'uniform') {
      return { binding, resource: { ...params, size: shader.structs.Params?.size ?? 0 } };
    }
    const home = homes[name];
    if (!home) throw new ShaderError(`${label} (${shader.file}#${entry})`, `nothing is bound to ${name}`);
    return { binding, resource: resource(home, memory, `${label}: ${name}`) };
  });
}

function resource({ buffer: key, offset, size }: Home, memory: Memory, where: string): GPUBufferBinding {
  const buffer = typeof key === 'number' ? memory.slots[key] : memory.flat[key];
  if (!buffer) throw new ShaderError(where, `needs the flat buffer ${key}, which the program lacks`);
  // Size 0 stands for a whole flat buffer. WebGPU wants multiples of 4, vec4f arrays at least one element.
  return { buffer, offset, size: size === 0 ? buffer.size : Math.min(size, buffer.size - offset) };
}

function checkWorkgroups({ label, workgroups }: BoundLaunch, { device }: Engine): void {
  const limit = device.limits.maxComputeWorkgroupsPerDimension;
  if (workgroups.some((count) => count > limit)) {
    throw new LimitError(label, 'needs too many workgroups', workgroups.join(' x '), `the limit is ${limit}`);
  }
}

export function encodeLaunches(
  { counters }: Engine,
  pass: GPUComputePassEncoder,
  launches: readonly PreparedLaunch[],
): void {
  counters.dispatches += launches.length;
  let current: GPUComputePipeline | undefined;
  for (const { pipeline, bindGroup, workgroups } of launches) {
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
}
