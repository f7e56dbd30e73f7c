import { profileTable } from '../src/cli/profile_table';
import { traceFile } from '../src/io/trace';
import { fitLine } from './jobs/statistics';
import type { ColdStart, NetworkOptions, NetworkResults, NetworkRow } from './jobs/network';
import { gflops, peakOfNetwork, runTime } from './report/figures';
import { networkBars } from './report/network_chart';
import { percent, short, table, type Column } from './report/table';
import { measure, type CommonOptions } from './measure';

export async function benchNetwork(options: NetworkOptions, common: CommonOptions): Promise<void> {
  await measure('network', common, async (host, openHost) => {
    const results = await host.run('network', options);
    const cold: ColdStart[] = [];
    for (const mode of options.modes) {
      // Browsers keep what they compiled, for other devices too.
      const fresh = await openHost();
      try {
        common.onProgress(`cold start: ${mode}`);
        cold.push(await fresh.run('coldStart', { mode, options }));
      } finally {
        await fresh.close();
      }
    }
    const tables = Object.entries(results.profiles).map(
      ([name, profile]) => `Profile: ${name}\n${profileTable(profile)}`,
    );
    return {
      adapter: results.adapter,
      results: { ...results, cold },
      text: [describe(results, cold), ...tables].join('\n\n'),
      pictures: (origin) => ({ network: networkBars(origin, results) }),
      files: options.profile ? { 'trace.json': traceFile(results.profiles) } : {},
    };
  });
}

function describe(results: NetworkResults, cold: readonly ColdStart[]): string {
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
    { title: 'pictures/s', of: (row) => short((1000 * row.batch) / runTime(row)) },
    { title: 'ms/picture', of: (row) => short(runTime(row) / row.batch) },
    { title: 'GFLOP/s', of: (row) => short(gflops(row.multiplyAdds.all, runTime(row))) },
    { title: 'of peak', of: (row) => percent(gflops(row.multiplyAdds.all, runTime(row)) / peak) },
    { title: 'dispatches', of: ({ dispatches }) => `${dispatches}` },
    { title: 'MB', of: ({ bytes }) => short(bytes / 1e6) },
  ];
  const sections = results.options.modes.map((mode) => {
    const rows = results.rows.filter((row) => row.mode === mode);
    const parts = mode === 'infer' ? ['latency', 'throughput'] : ['step', 'forward', 'backward', 'update'];
    const fit = fitLine(rows.map((row) => [row.batch, runTime(row)]));
    const aux = results.options.aux[mode] ? 'with auxiliary classifiers' : 'main classifier only';
    return [
      `${mode === 'infer' ? 'Inference' : 'Training step'}, ${results.options.size} x ${results.options.size}, ${aux}`,
      table(columns(parts), rows),
      ...(fit
        ? [
            `fit: ${short(fit.a)} ms + ${short(fit.b)} ms per picture, off by at most ${percent(fit.residual)}`,
          ]
        : []),
      ...cold
        .filter((start) => start.mode === mode)
        .map(
          ({ pipelines, compile, firstRun }) =>
            `cold start, batch 1: ${pipelines} pipelines compiled in ${short(compile / 1000)} s; ` +
            `${short(firstRun / 1000)} s from opening the device to the end of the first run`,
        ),
    ].join('\n');
  });
  return [
    ...sections,
    `peak ${short(peak)} GFLOP/s (${short(roof.gflops)} by a loop of multiply-adds: ${roof.form}). ` +
      'Times: median (p10 to p90). Latency: from the call to the scores on the CPU.',
  ].join('\n\n');
}
