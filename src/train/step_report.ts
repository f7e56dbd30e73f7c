import { bytesOf } from '../core/dtype';
import { HALTED } from '../optim/gradient_norm';
import { REPORT_BYTES } from '../runtime/update';
import type { Head } from './loss';

/** What came of a step. */
export interface StepLosses {
  /** Number of the step, from 0. */
  readonly step: number;
  readonly rate: number;
  /** Weighted sum of the heads' losses. */
  readonly total: number;
  /** Mean of each head's loss over the batch. */
  readonly losses: Readonly<Record<string, number>>;
  /** Square root of the sum of the squares of all gradients, before clipping. */
  readonly gradientNorm: number;
}

/** What the update's report says of a step: see `Update.report`. */
export interface StepReport extends Pick<StepLosses, 'total' | 'losses' | 'gradientNorm'> {
  /** Whether this step or an earlier one met a number that is not finite: then it changed nothing. */
  readonly halted: boolean;
}

/** Where a report has the loss of a head in a micro-batch, in bytes. */
export const lossOffset = (heads: number, microBatch: number, head: number): number =>
  REPORT_BYTES + bytesOf(microBatch * heads + head);

/** Means over the micro-batches, and their weighted sum. */
export function readReport(report: ArrayBuffer, heads: readonly Head[]): StepReport {
  const [gradientNorm = NaN] = new Float32Array(report, 0, 1);
  const all = new Float32Array(report, REPORT_BYTES);
  const microBatches = all.length / heads.length;
  const means = heads.map((_, head) => {
    let sum = 0;
    for (let at = head; at < all.length; at += heads.length) sum += all[at]!;
    return sum / microBatches;
  });
  return {
    gradientNorm,
    halted: new Uint32Array(report)[HALTED] !== 0,
    losses: Object.fromEntries(heads.map(({ name }, head) => [name, means[head] ?? NaN])),
    total: heads.reduce((sum, { weight }, head) => sum + weight * (means[head] ?? NaN), 0),
  };
}
