import { readFile } from 'node:fs/promises';
import { dawnVersion, findAdapter, openDawn } from '../../bench/dawn/dawn';
import { textStore } from '../../src/runtime/tuning/store';
import type { JobHost } from './job';
import { startRunner } from './runner';

async function openNode(): Promise<JobHost> {
  const gpu = await openDawn();
  let kept: string | undefined;
  return {
    runtime: dawnVersion(),
    gpu,
    adapter: await findAdapter(gpu),
    read: (path) => readFile(path),
    store: textStore(
      () => Promise.resolve(kept),
      (text) => Promise.resolve(void (kept = text)),
    ),
  };
}

/** Jobs in the tests' own process, on Dawn. Stray rejections fail the run by vitest's own watch. */
export const nodeRunner = startRunner(openNode, () => undefined);
