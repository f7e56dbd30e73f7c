import { formatBytes } from '../src/graph/memory/format';
import type { ProcessMemory } from './host/process_memory';
import type { SoakState } from './jobs/soak';
import { measure, type CommonOptions } from './measure';
import { tableData, type Column } from '../src/text/table';

/** A training run looked at after some of its steps. */
interface Sample extends SoakState {
  readonly memory: ProcessMemory;
}

/** Steps after which nothing may grow any more: everything was made and used by then. */
const SETTLED = 20;

/** Trains, and tells what of memory and GPU objects grows meanwhile. */
export async function benchSoak(
  { batch, steps }: { readonly batch: number; readonly steps: number },
  common: CommonOptions,
): Promise<void> {
  await measure('soak', common, async (host) => {
    const samples: Sample[] = [];
    const looks = [SETTLED, Math.round(steps / 2), steps].filter((until) => until <= steps);
    for (const until of new Set(looks)) {
      common.onProgress(`training up to step ${until}`);
      const state = await host.run('soak', { batch, until });
      samples.push({ ...state, memory: await host.memory() });
    }
    const [first] = samples;
    if (!first) throw new Error('soak: nothing was measured');
    const text = `Training of the small preset's network, batches of ${batch}: what is there after some steps`;
    return {
      adapter: first.adapter,
      results: { batch, samples },
      text: [text, tableData(columns(Object.keys(first.memory)), samples)],
      images: () => ({}),
    };
  });
}

const columns = (memory: readonly string[]): Column<Sample>[] => [
  { title: 'step', of: ({ step }) => `${step}` },
  ...memory.map((name) => ({ title: name, of: (sample: Sample) => formatBytes(sample.memory[name] ?? NaN) })),
  { title: 'buffers made', of: ({ counters }) => `${counters.buffers}` },
  { title: 'there', of: ({ counters }) => `${counters.liveBuffers}` },
  { title: 'their size', of: ({ counters }) => formatBytes(counters.liveBytes) },
  { title: 'bind groups', of: ({ counters }) => `${counters.bindGroups}` },
  { title: 'pipelines', of: ({ pipelines }) => `${pipelines}` },
];
