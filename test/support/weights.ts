import type { Order, Value } from '../../src/core/op';
import type { Variable } from '../../src/core/variable';
import { Graph, type VariableOptions } from '../../src/graph/graph';
import { PER_CHANNEL } from '../../src/ops/bias';
import { CONVOLUTION_WEIGHTS } from '../../src/ops/conv2d';
import { LINEAR_WEIGHTS } from '../../src/ops/linear';

const ORDERS: Readonly<Record<number, Order>> = {
  1: PER_CHANNEL,
  2: LINEAR_WEIGHTS,
  4: CONVOLUTION_WEIGHTS,
};

/** A bias, or the weights of a linear layer or a convolution, as the number of sizes has it. */
export const weight = (graph: Graph, options: VariableOptions): Value => {
  const order = ORDERS[options.shape.length];
  return graph.variable({ ...(order && { order }), ...options });
};

/** The same outside of any graph. */
export function variable(options: VariableOptions): Variable {
  const graph = new Graph();
  const value = weight(graph, options);
  return graph.variables.get(value.label)!.variable;
}
