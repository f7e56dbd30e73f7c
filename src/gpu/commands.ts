/**
 * What an engine has had its device do so far. Every command of the library passes through this file, so nothing is
 * missed; pipelines are counted by `engine.pipelines.statistics`.
 */
export class Counters {
  dispatches = 0;
  submits = 0;
  /** Bytes that the CPU handed to the GPU, and had handed back. */
  bytesWritten = 0;
  bytesRead = 0;
  /** Objects made. */
  buffers = 0;
  bindGroups = 0;
  /** Buffers, and bytes of theirs, that were not destroyed yet. */
  liveBuffers = 0;
  liveBytes = 0;

  /** The numbers as they are now. */
  snapshot(): Readonly<Record<keyof Omit<Counters, 'snapshot'>, number>> {
    const { dispatches, submits, bytesWritten, bytesRead, buffers, bindGroups, liveBuffers, liveBytes } =
      this;
    return { dispatches, submits, bytesWritten, bytesRead, buffers, bindGroups, liveBuffers, liveBytes };
  }
}

/** Of an engine. */
interface Device {
  readonly device: GPUDevice;
  readonly counters: Counters;
}

export function createBuffer({ device, counters }: Device, descriptor: GPUBufferDescriptor): GPUBuffer {
  const buffer = device.createBuffer(descriptor);
  counters.buffers++;
  counters.liveBuffers++;
  counters.liveBytes += descriptor.size;
  made?.push(buffer);
  return buffer;
}

/** The buffers of the `orNone` under way. */
let made: GPUBuffer[] | undefined;

/** What `make` gives, which does not wait; if it throws, the buffers that it made are destroyed. */
export function orNone<T>(engine: Device, make: () => T): T {
  const [outer, own] = [made, [] as GPUBuffer[]];
  made = own;
  try {
    const result = make();
    outer?.push(...own);
    return result;
  } catch (error) {
    destroyBuffers(engine, own);
    throw error;
  } finally {
    made = outer;
  }
}

/** Each buffer once: WebGPU would forgive a second time, the counters would not. */
export function destroyBuffers({ counters }: Device, buffers: Iterable<GPUBuffer | undefined>): void {
  for (const buffer of buffers) {
    if (!buffer) continue;
    counters.liveBuffers--;
    counters.liveBytes -= buffer.size;
    buffer.destroy();
  }
}

export function createBindGroup(
  { device, counters }: Device,
  descriptor: GPUBindGroupDescriptor,
): GPUBindGroup {
  counters.bindGroups++;
  return device.createBindGroup(descriptor);
}

export function writeBuffer(
  { device, counters }: Device,
  buffer: GPUBuffer,
  offset: number,
  data: ArrayBuffer | ArrayBufferView,
): void {
  counters.bytesWritten += data.byteLength;
  device.queue.writeBuffer(buffer, offset, data as GPUAllowSharedBufferSource);
}

export function submit({ device, counters }: Device, encoder: GPUCommandEncoder): void {
  counters.submits++;
  device.queue.submit([encoder.finish()]);
}
