import type { TensorSpec } from '../core/op';
import { ValueError } from '../core/errors';

/** @throws {ValueError} naming the first tensor that does not hold float32 numbers. */
export function requireFloat(where: string, tensors: Readonly<Record<string, TensorSpec>>): void {
  for (const [name, { dtype }] of Object.entries(tensors)) {
    if (dtype !== 'f32') throw new ValueError(where, `${name} must hold float32 numbers`, dtype);
  }
}
