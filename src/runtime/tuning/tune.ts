import { LimitError, OutOfMemoryError } from '../../core/errors';
import { requireDevice, type Engine } from '../../gpu/engine';
import type { FuseOptions } from '../../graph/fuse';
import type { Graph } from '../../graph/graph';
import type { KernelChoices } from '../../ops/conv/choices';
import { GpuTimer } from './gpu_timer';
import { indexedDbStore } from './indexed_db';
import { tuningProblems, type TuningProblem } from './problems';
import { search, type Timer, type TunedProblem, type TuningProgress } from './search';
import { checkedChoices, storeKey, type ChoiceStore } from './store';

export interface TuneOptions {
  /** Seconds after which tuning ends; what is not timed by then keeps the shipped kernel. Default: 5. */
  readonly budget?: number;
  /** Where choices are kept between runs. Default: IndexedDB where there is one; `none` keeps nothing. */
  readonly store?: ChoiceStore | 'none';
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TuningProgress) => void;
  /** As the program will be made. Default: true. */
  readonly fuse?: FuseOptions;
  /** Tune on adapters that compute on the CPU, too. Default: false, for it takes long, and shipped choices are measured. */
  readonly software?: boolean;
  /** Instead of the GPU's own times; for tests. */
  readonly timer?: Timer;
}

export interface Tuned {
  /** For `byTable`; empty where shipped choices stay. */
  readonly choices: KernelChoices;
  readonly source: 'shipped' | 'stored' | 'measured';
  /** Why nothing was measured, in words; undefined if it was. */
  readonly because?: string;
  /** What was measured. */
  readonly problems: readonly TunedProblem[];
  readonly seconds: number;
}

const shipped = (because: string): Tuned => ({
  choices: {},
  source: 'shipped',
  because,
  problems: [],
  seconds: 0,
});

/**
 * Times the kernels that can compute a graph's convolutions and linear layers on this adapter, or finds what an earlier
 * run measured. On software adapters it returns at once: they keep the shipped choices.
 *
 *     const { choices } = await tune(engine, graph);
 *     const program = await Program.create(withChoice(engine, byTable(choices)), graph, options);
 *
 * @param graph with its gradients if it will be trained: what is differentiated is tuned
 * @throws {AbortError} once `signal` fires
 * @throws {DeviceLostError}
 */
export async function tune(engine: Engine, graph: Graph, options: TuneOptions = {}): Promise<Tuned> {
  requireDevice(engine, 'tune');
  if (engine.target.choose) return shipped('the engine was told which kernels to take');
  if (engine.software && !options.software) {
    return shipped(`${engine.adapterName} computes on the CPU, where the shipped choices are measured ones`);
  }
  const problems = tuningProblems(graph, engine.target, options.fuse);
  if (problems.length === 0) return shipped('the graph leaves nothing to choose');
  const store = options.store === 'none' ? undefined : (options.store ?? indexedDbStore());
  const key = await storeKey(engine, problems);
  // A store that fails costs the time to tune again, no more.
  const entry = await store?.get(key).catch(() => undefined);
  const stored = checkedChoices(entry, key, problems);
  if (stored) {
    const because = 'an earlier run measured them';
    return { choices: stored, source: 'stored', because, problems: [], seconds: 0 };
  }
  const tuned = await measure(engine, problems, options);
  if (tuned.source === 'measured') {
    await store?.set(key, { key, choices: tuned.choices }).catch(() => undefined);
  }
  return tuned;
}

async function measure(
  engine: Engine,
  problems: readonly TuningProblem[],
  { budget = 5, signal, onProgress, timer }: TuneOptions,
): Promise<Tuned> {
  const start = performance.now();
  let own: GpuTimer | undefined;
  try {
    own = timer ? undefined : await GpuTimer.create(engine, problems);
    const found = await search(problems, timer ?? (own as GpuTimer), { budget, signal, onProgress });
    requireDevice(engine, 'tune');
    return {
      choices: Object.fromEntries(found.map(({ problem, kernel }) => [problem, kernel])),
      source: 'measured',
      problems: found,
      seconds: (performance.now() - start) / 1000,
    };
  } catch (error) {
    requireDevice(engine, 'tune'); // Says so where a lost device is behind the error.
    if (error instanceof OutOfMemoryError || error instanceof LimitError) {
      return shipped(`there is no memory to time kernels in: ${error.message}`);
    }
    throw error;
  } finally {
    own?.destroy();
  }
}
