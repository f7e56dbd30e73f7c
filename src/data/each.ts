import { AbortError } from '../core/errors';

export interface EachOptions {
  /** How many are under way at once. */
  readonly concurrency: number;
  /** Told after each; `total` is the number of items. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `work` gives for each item, in the items' order, a few at a time.
 * @param where names the work in errors
 * @throws whatever `work` throws, once those under way are done; {AbortError} once `signal` fires
 */
export async function forEach<T, R>(
  where: string,
  items: readonly T[],
  { concurrency, onProgress, signal }: EachOptions,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let [next, done] = [0, 0];
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failure && !signal?.aborted) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
        onProgress?.(++done, items.length);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  if (failure) throw failure.error;
  if (signal?.aborted) throw new AbortError(where, 'stopped by the caller', `${done} of ${items.length}`);
  return results;
}
