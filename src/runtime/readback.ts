import { createBuffer, destroyBuffers } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
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

  /** @param depth how many reads may be under way at once */
  constructor(engine: Engine, label: string, source: GPUBuffer, depth: number) {
    this.#engine = engine;
    this.#source = source;
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    this.#all = Array.from({ length: depth }, () =>
      createBuffer(engine, { label, size: source.size, usage }),
    );
    this.#free = [...this.#all];
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
