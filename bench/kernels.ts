import type { KernelOptions, KernelResults, KernelRow } from './jobs/kernels';
import { gigabytesPerSecond, peakOfKernels, rateOf } from './report/figures';
import { kernelBars, roofline } from './report/kernel_charts';
import type { Origin } from './report/origin';
import { percent, short, tableData, type Column, type Paragraphs } from '../src/text/table';
import { measure, type CommonOptions } from './measure';

export async function benchKernels(options: KernelOptions, common: CommonOptions): Promise<void> {
  await measure('kernels', common, async (host) => {
    const results = await host.run('kernels', options);
    const images = (origin: Origin) => ({
      kernels: kernelBars(origin, results),
      roofline: roofline(origin, results),
    });
    return { adapter: results.adapter, results, text: describe(results), images };
  });
}

function describe(results: KernelResults): Paragraphs {
  const { roof, rows, clock } = results;
  const peak = peakOfKernels(results);
  const columns: Column<KernelRow>[] = [
    { title: 'layer', align: 'left', of: ({ layer, count }) => (count > 1 ? `${layer} (x${count})` : layer) },
    { title: 'sizes', align: 'left', of: ({ sizes }) => sizes },
    { title: 'form', align: 'left', of: ({ form }) => form },
    { title: 'ms', of: ({ time }) => short(time.median) },
    { title: 'p10', of: ({ time }) => short(time.p10) },
    { title: 'p90', of: ({ time }) => short(time.p90) },
    { title: 'GFLOP/s', of: (row) => short(rateOf(row)) },
    { title: 'of peak', of: (row) => percent(rateOf(row) / peak) },
    { title: 'GB/s', of: ({ bytes, time }) => short(gigabytesPerSecond(bytes, time.median)) },
    ...(rows.some(({ kernel }) => kernel)
      ? [{ title: 'kernel (* chosen)', align: 'left', of: nameOf } as const]
      : []),
    { title: 'launches', align: 'left', of: ({ launches }) => launches },
  ];
  return [
    tableData(columns, rows),
    `peak ${short(peak)} GFLOP/s (${short(roof.gflops)} by a loop of multiply-adds: ${roof.loop}), ` +
      `copying ${short(roof.gigabytes)} GB/s\n` +
      `GB/s: each tensor once; repeats find small tensors in the cache. Clock: ${clock}.`,
  ];
}

const nameOf = ({ kernel = '', chosen }: KernelRow): string => (chosen ? `${kernel} *` : kernel);
