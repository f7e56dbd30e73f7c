import type { OpRow, OpsOptions } from './jobs/ops';
import { measure, type CommonOptions } from './measure';
import { gigabytesPerSecond } from './report/figures';
import { short, tableData, type Column } from '../src/text/table';

const columns: readonly Column<OpRow>[] = [
  { title: 'case', align: 'left', of: ({ name }) => name },
  { title: 'part', align: 'left', of: ({ part }) => part },
  { title: 'ms', of: ({ time }) => short(time.median) },
  { title: 'p10', of: ({ time }) => short(time.p10) },
  { title: 'p90', of: ({ time }) => short(time.p90) },
  { title: 'GB/s', of: ({ bytes, time }) => short(gigabytesPerSecond(bytes, time.median)) },
];

/** The largest case of each op alone. */
export async function benchOps(options: OpsOptions, common: CommonOptions): Promise<void> {
  await measure('ops', common, async (host) => {
    const results = await host.run('ops', options);
    const text = [tableData(columns, results.rows), `GB/s: each tensor once. Clock: ${results.clock}.`];
    return { adapter: results.adapter, results, text, images: () => ({}) };
  });
}
