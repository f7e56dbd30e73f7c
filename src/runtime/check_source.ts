import type { Value } from '../core/op';
import { ShapeError, ValueError } from '../core/errors';
import type { Engine } from '../gpu/engine';
import type { Graph } from '../graph/graph';
import { requireNamed } from './check_input';
import type { InputSource } from './input_source';

/**
 * The input that a source is for.
 * @throws {ValueError | ShapeError} for an unknown name, a source of another engine, too few images, or numbers that must be
 * checked first, such as labels
 */
export function checkSource(
  { graph, engine }: { graph: Graph; engine: Engine },
  name: string,
  source: InputSource,
): Value {
  const value = requireNamed(graph, name);
  if (source.engine.device !== engine.device)
    throw new ValueError(name, "the source is another engine's", undefined, 'make it on this one');
  const bounded = graph.nodes.find(({ op, inputs }) =>
    Object.keys(op.below?.(inputs) ?? {}).some((input) => inputs[input] === value),
  );
  if (bounded) {
    const problem = `must be given as an array, since ${bounded.label} wants its numbers checked`;
    throw new ValueError(name, problem, 'a source on the GPU');
  }
  const [needed = 1] = value.shape;
  const count = source.count(name, value);
  if (count !== needed) throw new ShapeError(name, `needs ${needed} images`, `${count}`);
  return value;
}
