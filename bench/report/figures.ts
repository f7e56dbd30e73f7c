import type { KernelResults, KernelRow } from '../jobs/kernels';
import type { NetworkResults, NetworkRow } from '../jobs/network';

/** Rates of work that took `milliseconds`. */
export const gflops = (multiplyAdds: number, milliseconds: number): number =>
  (2 * multiplyAdds) / milliseconds / 1e6;
export const gigabytesPerSecond = (bytes: number, milliseconds: number): number => bytes / milliseconds / 1e6;

export const rateOf = ({ multiplyAdds, time }: KernelRow): number => gflops(multiplyAdds, time.median);

/** GFLOP/s that count as 100 %: of the loops that only multiply and add, or of the quickest kernel if it beats them. */
export const peakOfKernels = ({ roof, rows }: KernelResults): number =>
  Math.max(roof.gflops, ...rows.map(({ multiplyAdds, time }) => gflops(multiplyAdds, time.p10)));

/** Milliseconds of one inference, or one training step, when nobody waits for its result. */
export const runTime = ({ mode, times }: NetworkRow): number =>
  times[mode === 'infer' ? 'throughput' : 'step']?.median ?? NaN;

export const peakOfNetwork = ({ roof, rows }: NetworkResults): number =>
  Math.max(roof.gflops, ...rows.map((row) => gflops(row.multiplyAdds.all, runTime(row))));
