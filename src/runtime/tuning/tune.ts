import { messageOf, requireObject } from '../../core/check';
import { checkOptions, type Rules } from '../../core/options';
import * as is from '../../core/rules';
import { LimitError, OutOfMemoryError } from '../../core/errors';
import { requireDevice, type Engine } from '../../gpu/engine';
import { FUSE, type FuseOptions } from '../../graph/fuse_options';
import type { Graph } from '../../graph/graph';
import type { KernelChoices } from '../../core/choices';
import { GpuTimer } from './gpu_timer';
import { indexedDbStore } from './indexed_db';
import { tuningProblems, type TuningProblem } from './problems';
import { search, type Timer, type TunedProblem, type TuningProgress } from './search';
import { checkedChoices, storeKey, type ChoiceStore } from './store';

/** How long to time kernels, and where to keep what is found. */
export interface TuneOptions {
  /** Seconds after which tuning ends; what is not timed by then keeps the shipped kernel. Default: 5. */
  readonly budget?: number;
  /** Where choices are kept between runs. Default: IndexedDB where there is one; `none` keeps nothing. */
  readonly store?: ChoiceStore | 'none';
  readonly signal?: AbortSignal;
  /** Told of each kernel that was timed. */
  readonly onProgress?: (progress: TuningProgress) => void;
  /** As the program will be made. Default: true. */
  readonly fuse?: FuseOptions;
  /** Time kernels on an adapter that computes on the CPU, too, and where choices are kept already. Default: false. */
  readonly force?: boolean;
  /** @internal Instead of the GPU's own times; for tests. */
  readonly timer?: Timer;
}

const STORE = is.having('get', 'set');
const TUNE: Rules<TuneOptions> = {
  budget: is.number({ least: 0 }),
  store: (where, name, value) => (value === 'none' ? undefined : STORE(where, name, value)),
  signal: is.having('aborted'),
  onProgress: is.callable,
  fuse: FUSE,
  force: is.flag,
  timer: is.anything,
};

/** Which kernels were chosen, and why. */
export interface Tuned {
  /** For `byTable`; empty where shipped choices stay. */
  readonly choices: KernelChoices;
  readonly source: 'shipped' | 'stored' | 'measured';
  /** Where the choices come from, in words. */
  readonly because: string;
  /** Sentences on what went wrong but was done without: kept choices that are broken, kernels that were refused. */
  readonly notes: readonly string[];
  /** What was measured. */
  readonly problems: readonly TunedProblem[];
  readonly seconds: number;
}

/** What `tune` does, with settings of its own beside those that it is called with. */
export type Tuning = (engine: Engine, graph: Graph, options: Pick<TuneOptions, 'fuse'>) => Promise<Tuned>;

const found = (source: Tuned['source'], because: string, choices: KernelChoices = {}): Tuned => ({
  choices,
  source,
  because,
  notes: [],
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
  requireObject('tune', 'the graph', graph, ['nodes', 'inputs']);
  checkOptions('tune', options, TUNE);
  const { fuse, force = false } = options;
  if (engine.target.choose) return found('shipped', 'the engine was told which kernels to take');
  if (engine.software && !force) {
    return found('shipped', `${engine.adapterName} computes on the CPU, where nothing is timed`);
  }
  const problems = tuningProblems(graph, engine.target, fuse);
  if (problems.length === 0) return found('shipped', 'the graph leaves nothing to choose');
  const store = options.store === 'none' ? undefined : (options.store ?? indexedDbStore());
  const key = await storeKey(engine, problems);
  const notes: string[] = [];
  if (!force) {
    const stored = await kept(store, key, problems, notes);
    if (stored) return found('stored', 'an earlier run timed the kernels here', stored);
  }
  const tuned = await measure(engine, problems, options);
  if (tuned.source === 'measured') {
    await store?.set(key, { key, choices: tuned.choices }).catch((error: unknown) => {
      notes.push(`what was found is not kept: ${messageOf(error)}`);
    });
  }
  return { ...tuned, notes: [...notes, ...tuned.notes] };
}

/** What a store has under a key. One that fails or holds something else costs the time to tune again, no more. */
async function kept(
  store: ChoiceStore | undefined,
  key: string,
  problems: readonly TuningProblem[],
  notes: string[],
): Promise<KernelChoices | undefined> {
  try {
    const entry = await store?.get(key);
    const choices = checkedChoices(entry, key, problems);
    if (entry !== undefined && !choices) notes.push('kept choices name other kernels, so they are ignored');
    return choices;
  } catch (error) {
    notes.push(`kept choices are ignored: ${messageOf(error)}`);
    return undefined;
  }
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
    const tuned = await search(problems, timer ?? (own as GpuTimer), { budget, signal, onProgress });
    requireDevice(engine, 'tune');
    const compared = tuned.filter(({ times }) => times.length > 1);
    const changed = tuned.filter(({ kernel, shipped }) => kernel !== shipped);
    const excluded = tuned.flatMap((each) => each.excluded);
    return {
      choices: Object.fromEntries(tuned.map(({ problem, kernel }) => [problem, kernel])),
      source: 'measured',
      because:
        `kernels were compared for ${compared.length} of ${tuned.length} problems; ` +
        `${changed.length} get another than the shipped one`,
      notes: [...new Set(excluded.map(({ kernel, because }) => `${kernel} is passed over: ${because}`))],
      problems: tuned,
      seconds: (performance.now() - start) / 1000,
    };
  } catch (error) {
    requireDevice(engine, 'tune'); // Says so where a lost device is behind the error.
    if (error instanceof OutOfMemoryError || error instanceof LimitError) {
      return found('shipped', `there is no memory to time kernels in: ${error.message}`);
    }
    throw error;
  } finally {
    own?.destroy();
  }
}
