import type { GraphNode, Value } from '../../core/op';
import { bytesOf } from '../../core/dtype';
import { LimitError } from '../../core/errors';
import type { FlatLayout } from '../../core/variable';
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
  /** The value, or the node whose scratch it is. */
  readonly owner?: Value | GraphNode;
  /** What to do where it is too large. Default: what its owner says of the batch. */
  readonly advice?: string | undefined;
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
    largest.advice ?? adviceFor(largest, limit),
    { bytes: { needed: largest.bytes, limit } },
  );
}

/** A smaller batch is no help where a single image is too much. */
function adviceFor({ owner, bytes }: Bound, limit: number): string | undefined {
  if (!owner) return undefined;
  const of = 'shape' in owner ? [owner] : Object.values<Value>(owner.inputs);
  const batch = Math.max(1, ...of.flatMap(({ role, shape }) => (role === 'variable' ? [] : (shape[0] ?? 1))));
  if (batch > 1 && bytes / batch <= limit) return 'use a smaller batch';
  return 'no batch of it fits on this device: use smaller images or layers';
}

/** What to do where the variables of a layout, or as many numbers, are too large. */
export function adviceForFlat({ places }: FlatLayout): string | undefined {
  const matrices = [...places].map(([label, { matrix }]) => ({ label, bytes: bytesOf(matrix.elements) }));
  const largest = largestOf(matrices);
  return largest && `${largest.label} takes ${formatBytes(largest.bytes)}: use smaller layers`;
}

export const largestOf = <T extends Bound>(bound: readonly T[]): T | undefined =>
  bound.reduce<T | undefined>((best, each) => (best && best.bytes >= each.bytes ? best : each), undefined);
