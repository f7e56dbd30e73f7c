import { ShapeError, ValueError } from '../core/errors';
import { formatShape } from '../core/shape';
import type { Graph } from '../graph/graph';
import type { ParameterLayout } from '../graph/parameter_layout';
import type { Parameters } from './parameters';

/**
 * Where the parameters of a graph lie, if a program was given all that the graph needs.
 * @throws {ValueError} if parameters are missing, or a buffer for their gradients
 * @throws {ShapeError} if the graph declares other shapes
 */
export function checkBuffers(
  graph: Graph,
  { parameters, gradients }: { readonly parameters?: Parameters; readonly gradients?: GPUBuffer },
): ParameterLayout {
  if (!gradients && [...graph.parameters.values()].some(({ value }) => graph.gradients.has(value))) {
    throw new ValueError(
      'program',
      "the graph computes gradients of parameters and needs a buffer for them in 'gradients'",
      undefined,
      'pass the one of an Update, or one as large as the parameters',
    );
  }
  const layout: ParameterLayout = parameters?.layout ?? { placements: new Map(), elements: 0 };
  for (const { spec } of graph.parameters.values()) {
    const placed = layout.placements.get(spec.name);
    if (!placed) {
      throw new ValueError(spec.name, 'is not among the parameters given to the program');
    }
    if (formatShape(placed.spec.shape) !== formatShape(spec.shape)) {
      throw new ShapeError(
        spec.name,
        `the graph declares the shape ${formatShape(spec.shape)}`,
        `parameters of shape ${formatShape(placed.spec.shape)}`,
      );
    }
  }
  return layout;
}
