import type { Engine } from '../../src/gpu/engine';
import type { Mode } from './choices';
import { withEngine, type JobContext } from './context';
import { watchLongTasks } from './long_tasks';
import { inference, training, type NetworkOptions } from './network';

/** What a start found ready: nothing, what its page compiled for another device, or all pipelines. */
export const STARTS = ['new browser', 'new device', 'same device'] as const;
export type StartName = (typeof STARTS)[number];

/** A first inference or training step of batch 1; times in milliseconds. */
export interface Start {
  readonly name: StartName;
  /** Made for this start. */
  readonly pipelines: number;
  /** From the first pipeline asked for to the last one made. */
  readonly compile: number;
  /** From the call that opens the device, or that makes the program where there is one, to a program ready to run. */
  readonly ready: number;
  /** As above, to the end of the first run. */
  readonly firstRun: number;
  /** Of the longest task that blocked the page until then; 0: none took 50 ms. Unknown outside Chrome. */
  readonly blocked?: number;
}

/** Starts three times; the host sees to it that nothing was compiled before. */
export async function starts(
  context: JobContext,
  { mode, options }: { readonly mode: Mode; readonly options: NetworkOptions },
): Promise<Start[]> {
  const found: Start[] = [];
  const begin = performance.now();
  await withEngine(context, options, async (engine) => {
    found.push(await start('new browser', begin, engine, mode, options));
  });
  const again = performance.now();
  await withEngine(context, options, async (engine) => {
    found.push(await start('new device', again, engine, mode, options));
    found.push(await start('same device', performance.now(), engine, mode, options));
  });
  return found;
}

async function start(
  name: StartName,
  begin: number,
  engine: Engine,
  mode: Mode,
  options: NetworkOptions,
): Promise<Start> {
  const before = engine.pipelines.statistics;
  const longest = watchLongTasks();
  const { parts } = await (mode === 'infer' ? inference : training)(engine, 1, options);
  const ready = performance.now() - begin;
  await Object.values(parts)[0]?.();
  const firstRun = performance.now() - begin;
  const blocked = await longest();
  const { count, milliseconds } = engine.pipelines.statistics;
  return {
    name,
    pipelines: count - before.count,
    compile: milliseconds - before.milliseconds,
    ready,
    firstRun,
    ...(blocked !== undefined && { blocked }),
  };
}
