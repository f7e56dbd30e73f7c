import { createBuffer, destroyBuffers } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import { allocate } from './buffers';
import { readFailure } from './failure';

/**
 * Reads one small buffer after each of many submits, through a ring of staging buffers that are made once; nobody waits
 * for one before encoding the next.
 */
export class Readback {
  readonly #engine: Engine;
  readonly #source: GPUBuffer;
  readonly #all: readonly GPUBuffer[];
  readonly #free: GPUBuffer[];

  private constructor(engine: Engine, source: GPUBuffer, all: readonly GPUBuffer[]) {
    this.#engine = engine;
    this.#source = source;
    this.#all = all;
    this.#free = [...all];
  }

  /**
   * @param depth how many reads may be under way at once
   * @throws {OutOfMemoryError}
   */
  static async create(engine: Engine, label: string, source: GPUBuffer, depth: number): Promise<Readback> {
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    const make = () => createBuffer(engine, { label, size: source.size, usage });
    const { all } = await allocate(engine, label, () => ({ all: Array.from({ length: depth }, make) }));
    return new Readback(engine, source, all);
  }

  /** Whether another read can begin. */
  get isFree(): boolean {
    return this.#free.length > 0;
  }

  /** Encodes the copy; call what it gives once the commands are submitted. */
  encode(encoder: GPUCommandEncoder): () => Promise<ArrayBuffer> {
    const staging = this.#free.shift();
    if (!staging) throw new Error('readback: all staging buffers are under way');
    encoder.copyBufferToBuffer(this.#source, 0, staging, 0, this.#source.size);
    return async () => {
      try {
        await staging.mapAsync(GPUMapMode.READ);
        const bytes = staging.getMappedRange().slice();
        this.#engine.counters.bytesRead += bytes.byteLength;
        staging.unmap();
        return bytes;
      } catch (cause) {
        throw await readFailure(this.#engine, cause);
      } finally {
        this.#free.push(staging);
      }
    };
  }

  destroy(): void {
    destroyBuffers(this.#engine, this.#all);
  }
}
