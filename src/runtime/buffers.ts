import { DeviceLostError, LimitError, OutOfMemoryError } from '../core/errors';
import { createBuffer, destroyBuffers, submit } from '../gpu/commands';
import type { Engine } from '../gpu/engine';

/**
 * Makes a storage buffer.
 * @throws {LimitError} before allocating, if the adapter binds or holds less
 */
export function storageBuffer(engine: Engine, label: string, bytes: number): GPUBuffer {
  const { maxBufferSize, maxStorageBufferBindingSize } = engine.device.limits;
  const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (bytes > limit) {
    throw new LimitError(
      label,
      `needs a buffer of ${bytes} bytes`,
      `a limit of ${limit}`,
      'use a smaller batch',
    );
  }
  return createBuffer(engine, {
    label,
    size: Math.max(4, bytes),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
}

/**
 * Runs `make`, which allocates, and waits for the device's word on it.
 * @throws {OutOfMemoryError} if the memory is not there
 */
export async function allocate<T>(engine: Engine, label: string, make: () => T): Promise<T> {
  engine.device.pushErrorScope('out-of-memory');
  const made = make();
  const error = await engine.device.popErrorScope();
  if (error)
    throw new OutOfMemoryError(label, 'the adapter is out of memory', error.message, 'use a smaller batch');
  return made;
}

/** A range of a buffer, in bytes. */
export interface Range {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** Copies ranges of buffers back, in one transfer. Waits until all work submitted so far is done. */
export async function readRanges(engine: Engine, ranges: readonly Range[]): Promise<ArrayBuffer[]> {
  const staging = createBuffer(engine, {
    label: 'staging',
    size: ranges.reduce((sum, { size }) => sum + size, 0),
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  const encoder = engine.device.createCommandEncoder({ label: 'read' });
  let end = 0;
  for (const { buffer, offset, size } of ranges) {
    encoder.copyBufferToBuffer(buffer, offset, staging, end, size);
    end += size;
  }
  submit(engine, encoder);
  engine.counters.bytesRead += staging.size;
  try {
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange();
    let start = 0;
    return ranges.map(({ size }) => bytes.slice(start, (start += size)));
  } catch (cause) {
    throw new DeviceLostError('read', 'the GPU gave nothing back', String(cause), undefined, { cause });
  } finally {
    destroyBuffers(engine, [staging]);
  }
}

/** Copies a whole buffer back. */
export async function readBuffer(engine: Engine, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const [bytes] = await readRanges(engine, [{ buffer, offset: 0, size: buffer.size }]);
  return bytes as ArrayBuffer;
}
