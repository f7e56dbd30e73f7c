import { profileText } from '../src/cli/profile_table';
import { traceFile } from '../src/io/trace';
import type { Mode } from './jobs/choices';
import { fitLine } from './jobs/statistics';
import type { NetworkOptions, NetworkResults, NetworkRow } from './jobs/network';
import type { Start } from './jobs/starts';
import { gflops, peakOfNetwork, runTime } from './report/figures';
import { networkBars } from './report/network_chart';
import { percent, short, tableData, type Column, type Paragraphs } from '../src/text/table';
import { measure, type CommonOptions } from './measure';

export async function benchNetwork(options: NetworkOptions, common: CommonOptions): Promise<void> {
  await measure('network', common, async (host, openHost) => {
    const results = await host.run('network', options);
    const starts: (readonly [Mode, Start])[] = [];
    for (const mode of options.modes) {
      // Browsers keep what they compiled, for other devices too.
      const fresh = await openHost();
      try {
        common.onProgress(`starts: ${mode}`);
        const found = await fresh.run('starts', { mode, options });
        starts.push(...found.map((start) => [mode, start] as const));
      } finally {
        await fresh.close();
      }
    }
    const profiles = Object.entries(results.profiles).flatMap(([name, profile]) => [
      `Profile: ${name}`,
      ...profileText(profile),
    ]);
    return {
      adapter: results.adapter,
      results: { ...results, starts },
      text: [...describe(results, starts), ...profiles],
      images: (origin) => ({ network: networkBars(origin, results) }),
      files: options.profile ? { 'trace.json': traceFile(results.profiles) } : {},
    };
  });
}

const seconds = (milliseconds: number): string => short(milliseconds / 1000);

const START_COLUMNS: readonly Column<Start>[] = [
  { title: 'start', of: ({ name }) => name },
  { title: 'pipelines', of: ({ pipelines }) => `${pipelines}` },
  { title: 'compiled in s', of: ({ compile }) => seconds(compile) },
  { title: 'ready after s', of: ({ ready }) => seconds(ready) },
  { title: 'first run done after s', of: ({ firstRun }) => seconds(firstRun) },
  {
    title: 'page blocked for ms',
    of: ({ blocked }) => (blocked === undefined ? '-' : blocked === 0 ? 'below 50' : short(blocked)),
  },
];

function describe(results: NetworkResults, starts: readonly (readonly [Mode, Start])[]): Paragraphs {
  const { roof } = results;
  const peak = peakOfNetwork(results);
  const part = (name: string): Column<NetworkRow> => ({
    title: `${name} ms`,
    of: ({ times }) => {
      const found = times[name];
      return found ? `${short(found.median)} (${short(found.p10)} to ${short(found.p90)})` : '-';
    },
  });
  const columns = (parts: readonly string[]): Column<NetworkRow>[] => [
    { title: 'batch', of: ({ batch }) => `${batch}` },
    ...parts.map(part),
    { title: 'images/s', of: (row) => short((1000 * row.batch) / runTime(row)) },
    { title: 'ms/image', of: (row) => short(runTime(row) / row.batch) },
    { title: 'GFLOP/s', of: (row) => short(gflops(row.multiplyAdds.all, runTime(row))) },
    { title: 'of peak', of: (row) => percent(gflops(row.multiplyAdds.all, runTime(row)) / peak) },
    { title: 'dispatches', of: ({ dispatches }) => `${dispatches}` },
    { title: 'encode ms', of: ({ encoding }) => short(encoding.median) },
    { title: 'MB', of: ({ bytes }) => short(bytes / 1e6) },
  ];
  const sections = results.options.modes.flatMap((mode) => {
    const rows = results.rows.filter((row) => row.mode === mode);
    const parts = mode === 'infer' ? ['latency', 'throughput'] : ['step', 'forward', 'backward', 'update'];
    const fit = fitLine(rows.map((row) => [row.batch, runTime(row)]));
    const aux = results.options.aux[mode] ? 'with auxiliary classifiers' : 'main classifier only';
    return [
      `${mode === 'infer' ? 'Inference' : 'Training step'}, ${results.options.size} x ${results.options.size}, ${aux}`,
      tableData(columns(parts), rows),
      ...(fit
        ? [`fit: ${short(fit.a)} ms + ${short(fit.b)} ms per image, off by at most ${percent(fit.residual)}`]
        : []),
      'first run, batch 1, when the page starts in a',
      tableData(
        START_COLUMNS,
        starts.flatMap(([of, start]) => (of === mode ? [start] : [])),
      ),
    ];
  });
  return [
    ...sections,
    `peak ${short(peak)} GFLOP/s (${short(roof.gflops)} by a loop of multiply-adds: ${roof.loop}). ` +
      'Times: median (p10 to p90). Latency: from the call to the scores on the CPU.',
  ];
}
