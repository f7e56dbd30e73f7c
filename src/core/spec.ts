import type { TensorSpec } from './op';
import { requireObject, requireOneOf, requireText, shown } from './check';
import { ShapeError } from './errors';
import { formatShape, requireRank, sizeOf, type Shape } from './shape';

/** Only features may be a flattened plane, and must be all of it. */
export function requirePlane(where: string, shape: Shape, plane: Shape | undefined): void {
  if (plane === undefined) return;
  const whole = Array.isArray(plane) && plane.every((size) => Number.isSafeInteger(size) && size > 0);
  if (whole && plane.length === 3 && shape.length === 2 && sizeOf(plane) === shape[1]) return;
  const problem = 'plane must be (C, H, W), whole sizes whose product is the F of a shape (N, F)';
  throw new ShapeError(where, problem, `${shown(plane)} for the shape ${formatShape(shape)}`);
}

/** By how many sizes there are. */
const SHAPES: Readonly<Record<number, string>> = { 0: '()', 1: '(N)', 2: '(N, F)', 4: '(N, C, H, W)' };

/** One of these, of whole and positive sizes. */
export function requireSizes(where: string, what: string, shape: Shape): void {
  requireText('graph', `the name of ${what}`, where);
  const expected = Array.isArray(shape) ? SHAPES[shape.length] : undefined;
  if (expected === undefined) {
    throw new ShapeError(where, `${what} must be ${Object.values(SHAPES).join(', ')}`, shown(shape));
  }
  requireRank(where, what, shape, expected);
}

/** Of a value that programs compute or are given: one of these shapes, and a type that kernels know. */
export function requireSpec(where: string, what: string, spec: TensorSpec): void {
  requireObject(where, what, spec, ['shape', 'dtype']);
  requireSizes(where, what, spec.shape);
  requirePlane(where, spec.shape, spec.plane);
  requireOneOf(where, 'dtype', spec.dtype, ['f32', 'u32']);
}
