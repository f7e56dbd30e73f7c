import { openEngine } from '../../../src/gpu/engine';
import { writeCheckpoint, type Checkpoint } from '../../../src/io/checkpoint';
import { tune } from '../../../src/runtime/tuning/tune';
import { trainReliably } from '../../../src/train/reliable';
import { Trainer } from '../../../src/train/trainer';
import { storeOf } from '../browser_store';
import { sharedEngine } from '../engine';
import { FakeTimer } from '../fake_timer';
import type { JobContext } from '../job';
import { batches, network, type Setup } from '../resumable';
import { smallNetwork } from '../small_trainer';

/** Goes on with a run from its last checkpoint in this browser, where it has one, for some steps, and saves another. */
export async function trainInBrowser(
  context: JobContext,
  { run, setup, steps }: { readonly run: string; readonly setup: Setup; readonly steps: number },
) {
  const engine = await sharedEngine(context);
  const store = await storeOf(run);
  const latest = await store.latest();
  // Another seed than that of the checkpoint, which must win.
  const options = latest ? { ...network(setup, 99), resume: latest.checkpoint } : network(setup);
  const trainer = await Trainer.create(engine, options);
  const from = trainer.steps;
  await trainer.fit(batches(from), { steps });
  const checkpoint = await trainer.checkpoint();
  await store.save(checkpoint);
  const warning = trainer.warning ?? null;
  trainer.destroy();
  return { from, step: checkpoint.step, warning, digest: await digestOf(checkpoint) };
}

/** Of all of it: weights, moments, step, seed, kernels, adapter. */
async function digestOf(checkpoint: Checkpoint): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', writeCheckpoint(checkpoint)));
}

/**
 * The same by `trainReliably`, as the README has it, until so many steps are done.
 * @param hangAfter once this checkpoint is kept, nothing happens any more, and the page's title says so
 */
export async function trainReliablyInBrowser(
  _context: JobContext,
  args: {
    readonly run: string;
    readonly setup: Setup;
    readonly steps: number;
    readonly hangAfter?: number;
  },
) {
  const { run, setup, steps, hangAfter } = args;
  const checkpoints = await storeOf(run);
  const latest = await checkpoints.latest();
  const { checkpoint } = await trainReliably({
    open: () => openEngine(),
    build: () => network(setup),
    batches,
    steps,
    every: { steps: 1 },
    ...(latest && { resume: latest.checkpoint }),
    onCheckpoint: async (checkpoint) => {
      await checkpoints.save(checkpoint);
      if (checkpoint.step !== hangAfter) return;
      document.title = 'hangs';
      await new Promise(() => undefined);
    },
  });
  return { from: latest?.checkpoint.step ?? 0, digest: await digestOf(checkpoint) };
}

/**
 * Looks up in IndexedDB what was tuned for graphs of these batches, after it has tuned its own, with a timer that makes the
 * times up; tells where the choices come from.
 */
export async function tuneInBrowser(
  context: JobContext,
  { own, others }: { readonly own: readonly number[]; readonly others: readonly number[] },
) {
  // Little is computed on software adapters, and nothing looked up.
  const engine = { ...(await sharedEngine(context)), software: false };
  const sources: Record<number, string> = {};
  for (const batch of own) {
    const timer = new FakeTimer({});
    timer.costOf = () => 1;
    sources[batch] = (await tune(engine, smallNetwork(batch).graph, { timer, budget: 1000 })).source;
  }
  for (const batch of others)
    sources[batch] = (await tune(engine, smallNetwork(batch).graph, { budget: 0 })).source;
  return sources;
}
