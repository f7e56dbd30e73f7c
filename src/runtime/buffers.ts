import { LimitError, OutOfMemoryError } from '../core/errors';
import { createBuffer, destroyBuffers, orNone, submit } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { formatBytes } from '../graph/memory/format';
import { checkBindings } from '../graph/memory/limits';
import { readFailure } from './failure';

/**
 * Makes a storage buffer, to be bound as a whole unless `inParts`.
 * @throws {LimitError} before allocating, if the device binds or holds less
 */
export function storageBuffer(
  engine: Engine,
  label: string,
  bytes: number,
  { inParts = false, advice }: { readonly inParts?: boolean; readonly advice?: string | undefined } = {},
): GPUBuffer {
  const { maxBufferSize, maxStorageBufferBindingSize } = engine.device.limits;
  const maxBinding = inParts ? maxBufferSize : maxStorageBufferBindingSize;
  checkBindings([{ label, bytes, advice }], { maxBufferSize, maxStorageBufferBindingSize: maxBinding });
  return createBuffer(engine, {
    label,
    size: Math.max(4, bytes),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
}

/** Buffers by name, alone, in a list, or as what an object is about. */
type Made = GPUBuffer | readonly GPUBuffer[] | { readonly buffer: GPUBuffer } | undefined;

/** All buffers among the values of an object. */
export const buffersOf = <T extends { readonly [Key in keyof T]: Made }>(made: T): GPUBuffer[] =>
  Object.values<Made>(made as Readonly<Record<string, Made>>)
    .flat()
    .flatMap((each) => (each === undefined ? [] : 'buffer' in each ? [each.buffer] : [each]));

/**
 * Runs `make`, which makes buffers, and waits for the device's word on them. If one fails, none is left.
 * @throws {OutOfMemoryError} if the memory is not there; {LimitError} if the device refuses a size
 */
export async function allocate<T extends { readonly [Key in keyof T]: Made }>(
  engine: Engine,
  label: string,
  make: () => T,
): Promise<T> {
  const { device } = engine;
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  let made: T | undefined;
  let thrown: unknown;
  try {
    made = orNone(engine, make);
  } catch (error) {
    thrown = error;
  }
  // Scopes end in reverse, also where `make` threw.
  const [refused, exhausted] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  if (!made) throw thrown;
  if (refused ?? exhausted) {
    const buffers = buffersOf(made);
    destroyBuffers(engine, buffers);
    throw failureOf(label, buffers, refused, exhausted);
  }
  return made;
}

/** What comes of `work`; if it fails, these buffers are freed first. */
export async function orDestroy<T>(
  engine: Engine,
  work: () => T | Promise<T>,
  buffers: readonly GPUBuffer[],
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    destroyBuffers(engine, buffers);
    throw error;
  }
}

function failureOf(
  label: string,
  buffers: readonly GPUBuffer[],
  refused: GPUError | null,
  exhausted: GPUError | null,
): LimitError | OutOfMemoryError {
  const sizes = buffers.map(({ label: name, size }) => `${name} of ${formatBytes(size)}`);
  const got = `${sizes.join(', ')}: ${(refused ?? exhausted)?.message ?? ''}`;
  // Of a program's slots, the batch decides.
  const isOfBatch = buffers.some(({ label: name }) => name.startsWith('slot'));
  const advice = isOfBatch ? 'use a smaller batch' : 'free memory of the GPU, or use smaller layers';
  return refused
    ? new LimitError(label, 'the device refuses a buffer', got, advice)
    : new OutOfMemoryError(label, 'the adapter is out of memory', got, advice);
}

/** Copies ranges of buffers back, in one transfer. Waits until all work submitted so far is done. */
export async function readRanges(
  engine: Engine,
  ranges: readonly Required<GPUBufferBinding>[],
): Promise<ArrayBuffer[]> {
  const staging = createBuffer(engine, {
    label: 'staging',
    size: ranges.reduce((sum, { size }) => sum + size, 0),
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  try {
    const encoder = engine.device.createCommandEncoder({ label: 'read' });
    let end = 0;
    for (const { buffer, offset, size } of ranges) {
      encoder.copyBufferToBuffer(buffer, offset, staging, end, size);
      end += size;
    }
    submit(engine, encoder);
    engine.counters.bytesRead += staging.size;
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange();
    let start = 0;
    return ranges.map(({ size }) => bytes.slice(start, (start += size)));
  } catch (cause) {
    throw await readFailure(engine, cause);
  } finally {
    destroyBuffers(engine, [staging]);
  }
}

/** Copies a whole buffer back. */
export async function readBuffer(engine: Engine, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const [bytes] = await readRanges(engine, [{ buffer, offset: 0, size: buffer.size }]);
  return bytes as ArrayBuffer;
}
