import type { Value } from '../core/op';
import { isTyped, typeName } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import type { Graph } from '../graph/graph';
import { packedPixels, type PixelBytes } from './pixel_bytes';

/**
 * The input of a graph that `given` is for, and its numbers: of packed images, bytes as words.
 * @throws {ValueError} for an unknown name or the wrong type of array; {ShapeError} for another length
 */
export function checkInput(
  graph: Graph,
  name: string,
  given: Float32Array | Uint32Array | PixelBytes,
): { readonly value: Value; readonly data: Float32Array | Uint32Array } {
  const value = requireNamed(graph, name);
  const data = value.dtype === 'u32' && value.shape.length === 4 ? packedPixels(name, given) : given;
  const type = value.dtype === 'f32' ? 'Float32Array' : 'Uint32Array';
  if (!isTyped(data, type)) throw new ValueError(name, `needs a ${type}`, typeName(data));
  const count = sizeOf(value.shape);
  if (data.length !== count) {
    const problem = `needs ${count} numbers for the shape ${formatShape(value.shape)}`;
    throw new ShapeError(name, problem, `${data.length}`);
  }
  if (data === given && isTyped(data, 'Uint32Array')) requireBelow(graph, value, data);
  return { value, data };
}

export function requireNamed({ inputs }: Graph, name: string): Value {
  const value = inputs.get(name);
  if (value) return value;
  const advice = `inputs: ${[...inputs.keys()].join(', ')}`;
  throw new ValueError('program.write', 'no such input', name, advice);
}

/** @throws {ValueError} naming the layer for which a number is too large */
function requireBelow({ nodes }: Graph, value: Value, data: Uint32Array): void {
  for (const { op, inputs, label } of nodes) {
    const bounds: Readonly<Record<string, number | undefined>> = op.below?.(inputs) ?? {};
    for (const [input, bound] of Object.entries(bounds)) {
      if (bound === undefined || inputs[input] !== value) continue;
      const index = data.findIndex((number) => number >= bound);
      if (index < 0) continue;
      const got = `${data[index]} at ${index}`;
      throw new ValueError(value.label, `must hold whole numbers from 0 to ${bound - 1} for ${label}`, got);
    }
  }
}
