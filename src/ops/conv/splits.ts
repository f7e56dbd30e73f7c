import type { Target } from '../../core/op';

/**
 * Pixels that one accumulator sums up at most. Rounding grows with the square root of their number: after 4,200 it is
 * 1.2e-6 of a typical gradient (root mean square, measured).
 */
const LONGEST_SUM = 2048;

/**
 * Into how many parts to split the sum of a weight gradient: enough to fill the adapter, but none so short that it is
 * not worth another, nor so long that rounding adds up.
 *
 * @param pixels of the whole sum
 * @param workgroups of one part
 * @param least pixels of a part
 */
export function splitsOf(
  { pixels, workgroups, least }: { pixels: number; workgroups: number; least: number },
  { parallelWorkgroups }: Target,
): number {
  const wanted = Math.ceil(parallelWorkgroups / workgroups);
  const useful = Math.ceil(pixels / least);
  return Math.max(1, Math.min(wanted, useful), Math.ceil(pixels / LONGEST_SUM));
}
