import type { TensorSpec } from '../core/op';
import { ShapeError } from '../core/errors';
import { formatShape, sameShape } from '../core/shape';

/** Shape, type and plane of a tensor, without what else its record may hold. */
export function specOf({ shape, dtype, plane }: TensorSpec): TensorSpec {
  return { shape, dtype, ...(plane && { plane }) };
}

/**
 * For ops that take features and planes alike.
 * @param where what errors begin with, such as the name of the layer
 * @param tensors by the names that errors give them
 * @throws {ShapeError} unless each tensor is (N, F) or (N, C, H, W) with positive whole sizes.
 */
export function requireFeatures(where: string, tensors: Readonly<Record<string, TensorSpec>>): void {
  for (const [name, { shape }] of Object.entries(tensors)) {
    const positive = shape.every((length) => Number.isInteger(length) && length > 0);
    if (!positive || (shape.length !== 2 && shape.length !== 4)) {
      throw new ShapeError(where, `${name} must be (N, F) or (N, C, H, W)`, formatShape(shape));
    }
  }
}

/** False where memory holds the features of an image in another order than the face: see `TensorSpec.plane`. */
export function inFaceOrder({ plane }: TensorSpec): boolean {
  if (!plane) return true;
  const [channels, height, width] = plane;
  return channels === 1 || height * width === 1;
}

/**
 * For ops that must know which feature is which.
 * @param where what errors begin with, such as the name of the layer
 * @param tensors by the names that errors give them
 * @throws {ShapeError} if the features of a tensor are a flattened plane.
 */
export function requireFaceOrder(where: string, tensors: Readonly<Record<string, TensorSpec>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!inFaceOrder(tensor)) {
      const got = `${formatShape(tensor.shape)} from a plane of ${formatShape(tensor.plane ?? [])}`;
      const advice = 'put this layer before flatten, or behind a linear layer';
      throw new ShapeError(where, `${name} must not be a flattened plane`, got, advice);
    }
  }
}

/**
 * For ops that combine features one by one, or meet them with weights.
 * @param where what errors begin with, such as the name of the layer
 * @param tensors by the names that errors give them
 * @param advice what to do where they do not fit
 * @throws {ShapeError} unless memory holds the features of all in the same order
 */
export function requireSameOrder(
  where: string,
  tensors: Readonly<Record<string, TensorSpec>>,
  advice: string,
): void {
  const planes = Object.values(tensors).map((tensor) => (inFaceOrder(tensor) ? [] : (tensor.plane ?? [])));
  if (planes.every((plane) => sameShape(plane, planes[0] ?? []))) return;
  const names = Object.keys(tensors).join(' and ');
  const got = Object.values(tensors).map(({ plane }) => (plane ? formatShape(plane) : 'none'));
  const problem = `${names} must be flattened planes of the same shape, or neither`;
  throw new ShapeError(where, problem, `planes ${got.join(' and ')}`, advice);
}
