import type { Engine } from '../gpu/engine';
import type { PipelineRequest } from '../gpu/pipelines';
import { Pauses } from './pause';

/** How many of the kernels that are needed the driver has compiled; those it had compiled before count at once. */
export interface CompileProgress {
  readonly done: number;
  readonly total: number;
}

/** Told of each kernel that is compiled. */
export type OnCompileProgress = (progress: CompileProgress) => void;

/**
 * @internal
 * The pipelines of all requests, in their order. Each is made once, and the driver has all of them to compile at the same
 * time.
 * @throws {ShaderError} if the driver refuses one
 */
export async function compileAll(
  { pipelines }: Engine,
  requests: readonly PipelineRequest[],
  onProgress?: OnCompileProgress,
): Promise<GPUComputePipeline[]> {
  const distinct = new Map(requests.map((request) => [pipelines.keyOf(request), request]));
  const total = distinct.size;
  let done = 0;
  onProgress?.({ done, total });
  const pauses = new Pauses();
  const made: Promise<GPUComputePipeline>[] = [];
  for (const request of distinct.values()) {
    const pipeline = pipelines.get(request).then((ready) => {
      onProgress?.({ done: ++done, total });
      return ready;
    });
    // What fails meanwhile is told of below.
    pipeline.catch(() => undefined);
    made.push(pipeline);
    await pauses.due();
  }
  const ready = await Promise.all(made);
  const byKey = new Map([...distinct.keys()].map((key, index) => [key, ready[index] as GPUComputePipeline]));
  return requests.map((request) => byKey.get(pipelines.keyOf(request)) as GPUComputePipeline);
}

/** Gives a listener for each part of the work, and tells `onProgress` their sum. */
export function sumProgress(onProgress: OnCompileProgress): () => OnCompileProgress {
  const parts: CompileProgress[] = [];
  return () => {
    const part = parts.push({ done: 0, total: 0 }) - 1;
    return (progress) => {
      parts[part] = progress;
      const sum = (of: keyof CompileProgress): number => parts.reduce((all, each) => all + each[of], 0);
      onProgress({ done: sum('done'), total: sum('total') });
    };
  };
}
