import { ShapeError, ValueError } from '../core/errors';
import { formatShape } from '../core/shape';
import { variableSpec, type FlatLayout, type Variable } from '../core/variable';
import { trainedVariables, type FlatLayouts } from '../graph/flat';
import type { Graph } from '../graph/graph';
import { requireSameOrder } from '../lowering/features';
import type { FlatBuffer } from './flat_buffer';

const NONE: FlatLayout = { places: new Map(), elements: 0 };

/**
 * Where the variables of a graph and their gradients lie, if a program was given all that the graph needs.
 * @throws {ValueError} if variables are missing, or a buffer for their gradients, or memory holds one in another order
 * @throws {ShapeError} if the graph declares other shapes or flattened planes
 */
export function checkBuffers(
  graph: Graph,
  given: {
    readonly parameters?: FlatBuffer;
    readonly gradients?: FlatBuffer;
    readonly state?: FlatBuffer | undefined;
  },
): FlatLayouts {
  const { parameters, gradients, state } = given;
  const trained = trainedVariables(graph);
  if (!gradients && trained.length > 0) {
    const problem = "the graph computes gradients of parameters and needs a buffer for them in 'gradients'";
    throw new ValueError('program', problem, undefined, 'pass the one of an Update');
  }
  const layouts = {
    variables: parameters?.layout ?? NONE,
    gradients: gradients?.layout ?? NONE,
    state: state?.layout,
  };
  for (const { variable } of graph.variables.values()) {
    requirePlace(variable, layouts.variables, 'is not among the parameters given to the program');
  }
  for (const variable of trained) {
    requirePlace(variable, layouts.gradients, "has a gradient that 'gradients' has no place for");
  }
  return layouts;
}

/** @throws {ValueError | ShapeError} unless a layout holds this variable, in its shape and order */
export function requirePlace(variable: Variable, { places }: FlatLayout, missing: string): void {
  const { name, shape, order } = variable;
  const found = places.get(name)?.variable;
  if (!found) throw new ValueError(name, missing);
  if (formatShape(found.shape) !== formatShape(shape)) {
    const problem = `the graph declares the shape ${formatShape(shape)}`;
    throw new ShapeError(name, problem, `parameters of shape ${formatShape(found.shape)}`);
  }
  if (found.order !== order) {
    const got = `parameters that hold ${found.order.name}`;
    const advice = found.order.name === order.name ? 'give the order itself, not a copy of it' : undefined;
    throw new ValueError(name, `the graph declares it as ${order.name}`, got, advice);
  }
  const specs = { graph: variableSpec(variable), parameters: variableSpec(found) };
  requireSameOrder(name, specs, 'make the parameters of a graph with the same plane');
}
