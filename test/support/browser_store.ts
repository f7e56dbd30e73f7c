import { openBrowserCheckpoints } from '../../src/io/browser_checkpoints';
import type { CheckpointStore } from '../../src/io/checkpoint_store';

/** Stores that this page has open, by run: they stay so from one job to the next. */
export const openStores = new Map<string, CheckpointStore>();

export async function storeOf(run: string, keep?: number): Promise<CheckpointStore> {
  const store =
    openStores.get(run) ?? (await openBrowserCheckpoints(run, keep === undefined ? {} : { keep }));
  openStores.set(run, store);
  return store;
}
