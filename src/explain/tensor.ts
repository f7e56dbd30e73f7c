import { isTyped, requireArray, requireObject, requireWhole, typeName } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import type { Tensor } from '../runtime/flat_buffer';

/**
 * @param axes what the shape may be, such as `(H, W)`
 * @throws {ValueError | ShapeError} unless it has one of these shapes, and as many numbers
 */
export function requireNumbers(where: string, name: string, tensor: Tensor, axes: readonly string[]): void {
  requireObject(where, name, tensor, ['shape', 'data']);
  const { shape, data } = tensor;
  requireArray(where, `the shape of ${name}`, shape).forEach((side) =>
    requireWhole(where, `each side of ${name}`, side, 1),
  );
  if (!axes.some((each) => each.split(',').length === shape.length))
    throw new ShapeError(where, `${name} must be ${axes.join(' or ')}`, formatShape(shape));
  if (!isTyped(data, 'Float32Array'))
    throw new ValueError(where, `the numbers of ${name} must be a Float32Array`, typeName(data));
  if (data.length !== sizeOf(shape))
    throw new ShapeError(
      where,
      `${name} of ${formatShape(shape)} has ${sizeOf(shape)} numbers`,
      `${data.length}`,
    );
}

/** The least and the largest of some numbers, without the share `clip` of the largest. */
export function rangeOf(data: Float32Array, clip = 0): { readonly low: number; readonly high: number } {
  const sorted = data.slice().sort();
  const last = sorted.length - 1;
  return { low: sorted[0] ?? 0, high: sorted[Math.round(last * (1 - clip))] ?? 0 };
}

/** Where a number lies in a range, 0 to 1; 0 in a range that is a point. */
export const shareOf = (
  value: number,
  { low, high }: { readonly low: number; readonly high: number },
): number => (high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0);
