import { bytesOf } from '../core/dtype';
import type { TensorSpec } from '../core/op';
import { foldWorkgroups } from '../core/rows';
import { sizeOf } from '../core/shape';
import { createBindGroup, createBuffer, destroyBuffers, submit, writeBuffer } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { ValueError } from '../core/errors';
import shader from '../../shaders/relayout.wgsl';
import { packStruct } from './uniforms';

const WG = 256;
/** What a storage binding's offset is a multiple of, in bytes. */
const ALIGNMENT = 256;

/** Numbers in a buffer: where they are, in bytes, multiples of 4. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  /** Default 0. */
  readonly offset?: number;
  /** Default: the rest of the buffer. */
  readonly size?: number;
}

export const relayoutPipeline = (engine: Engine, entry: 'scatter' | 'gather'): Promise<GPUComputePipeline> =>
  engine.pipelines.get({ shader, entry });

/** How many channels a pixel has, and pixels an image; of a flattened plane, those of the plane. */
export function pixelsOf({ shape, plane }: TensorSpec): {
  readonly channels: number;
  readonly plane: number;
} {
  const [channels = 1, ...sizes] = plane ?? shape.slice(1);
  return { channels, plane: sizeOf(sizes) };
}

type Place = Required<Pick<BufferRange, 'buffer' | 'offset'>>;

export interface Relayout {
  readonly pipeline: GPUComputePipeline;
  readonly params: Readonly<Record<'count' | 'rows' | 'channels' | 'plane' | 'stride', number>>;
  /** With the words of it that are read. */
  readonly x: Place & { readonly words: number };
  readonly y: Place;
}

/**
 * Submits copies that `encode` adds, then the relayout.
 * @returns once the device took the commands
 * @throws {ValueError} later, if it refuses them
 */
export async function submitRelayout(
  engine: Engine,
  where: string,
  { pipeline, params, x, y }: Relayout,
  encode: (encoder: GPUCommandEncoder) => void = () => undefined,
): Promise<void> {
  const { device } = engine;
  device.pushErrorScope('validation');
  let thrown: unknown;
  try {
    const uniforms = createBuffer(engine, {
      label: 'relayout',
      size: shader.structs.Params?.size ?? 0,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    const bind = ({ buffer, offset }: Place, elements: number) => {
      const first = Math.floor(offset / ALIGNMENT) * ALIGNMENT;
      const size = offset - first + bytesOf(elements);
      return { resource: { buffer, offset: first, size }, at: (offset - first) / bytesOf(1) };
    };
    const { channels, plane, stride, rows, count } = params;
    const source = bind(x, x.words);
    const target = bind(y, count);
    const packed = new ArrayBuffer(shader.structs.Params?.size ?? 0);
    const all = { count, rows, channels, plane, stride, x_offset: source.at, y_offset: target.at };
    packStruct(where, shader.structs.Params as never, all, new DataView(packed));
    writeBuffer(engine, uniforms, 0, packed);
    const encoder = device.createCommandEncoder({ label: where });
    encode(encoder);
    const pass = encoder.beginComputePass({ label: where });
    pass.setPipeline(pipeline);
    const resources = [{ buffer: uniforms }, source.resource, target.resource];
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    pass.setBindGroup(
      0,
      createBindGroup(engine, { label: where, layout: pipeline.getBindGroupLayout(0), entries }),
    );
    const limit = device.limits.maxComputeWorkgroupsPerDimension;
    pass.dispatchWorkgroups(...foldWorkgroups(Math.ceil(count / WG), limit));
    pass.end();
    submit(engine, encoder);
    destroyBuffers(engine, [uniforms]);
  } catch (error) {
    thrown = error;
  }
  const refused = await device.popErrorScope();
  if (thrown !== undefined) throw thrown as Error;
  if (refused) {
    const advice = "give what is the engine's device's own and was not destroyed";
    throw new ValueError(where, 'the device refuses it', refused.message, advice);
  }
}
