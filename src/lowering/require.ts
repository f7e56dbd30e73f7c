import type { TensorSpec } from '../core/op';
import { ValueError } from '../core/errors';

/**
 * @param where what errors begin with, such as the name of the layer
 * @param tensors by the names that errors give them
 * @throws {ValueError} naming the first tensor that does not hold float32 numbers
 */
export function requireFloat(where: string, tensors: Readonly<Record<string, TensorSpec>>): void {
  for (const [name, { dtype }] of Object.entries(tensors)) {
    if (dtype !== 'f32') throw new ValueError(where, `${name} must hold float32 numbers`, dtype);
  }
}
