// From a program's counts to the figures of the report.
import type { Assembly } from './assembly';
import type { Counts } from './instructions';

/**
 * How much of the fastest possible issue rate a wave reaches, if nothing waits: multiply-adds over what the busiest
 * unit of a SIMD needs. Per clock a SIMD issues one vector instruction of 32 lanes, gets 64 bytes from workgroup
 * memory and 32 bytes from the first-level cache.
 */
export function model(counts: Counts): number {
  const lanesPerClock = 32;
  const lds = (counts.ldsLoadBytes * lanesPerClock) / 64;
  const vmem = (counts.vmemLoadBytes * lanesPerClock) / 32;
  return counts.fma / Math.max(counts.valu, lds, vmem);
}

/** Share of the vector-ALU slots of a wave that are multiply-adds; above 1 where RDNA3 issues two in a slot. */
export const density = ({ fma, valu }: Counts): number => fma / valu;

export const percent = (share: number): string => (Number.isFinite(share) ? (100 * share).toFixed(1) : '-');

/** `vgprs 128, spilled 0, scratch 0, lds 8192 B, wave64, 8 waves/SIMD`. */
export const resources = (a: Assembly): string =>
  `${a.vgprs} VGPRs, ${a.spilled} spilled, ${a.scratchBytes} B scratch, ${a.ldsBytes} B LDS, ` +
  `wave${a.lanes}, ${a.wavesPerSimd} waves/SIMD`;

/** Counts in a line. */
export const listCounts = (c: Counts): string =>
  `fma ${c.fma}, valu ${c.valu}, salu ${c.salu}, lds ${c.lds} (${c.ldsLoadBytes} B read), ` +
  `vmem ${c.vmem} (${c.vmemLoadBytes} B read), smem ${c.smem}, barriers ${c.barriers}`;
