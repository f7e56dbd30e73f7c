import { LimitError } from '../../core/errors';
import { formatBytes } from './format';

/** What a device can hold and bind, in bytes, as WebGPU names it. */
export interface MemoryLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

/** Something that a launch binds as a whole. */
interface Bound {
  readonly label: string;
  readonly bytes: number;
}

/** @throws {LimitError} naming the largest, if a device with these limits cannot bind it */
export function checkBindings(
  bound: readonly Bound[],
  { maxBufferSize, maxStorageBufferBindingSize }: MemoryLimits,
): void {
  const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const largest = largestOf(bound);
  if (!largest || largest.bytes <= limit) return;
  throw new LimitError(
    largest.label,
    `needs ${formatBytes(largest.bytes)} in one buffer`,
    `a limit of ${formatBytes(limit)}`,
    'use a smaller batch',
    { bytes: { needed: largest.bytes, limit } },
  );
}

export const largestOf = <T extends Bound>(bound: readonly T[]): T | undefined =>
  bound.reduce<T | undefined>((best, each) => (best && best.bytes >= each.bytes ? best : each), undefined);
