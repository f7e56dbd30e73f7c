import type { Value } from '../core/op';
import { requireArray, requireFunction, requireNumber, requireObject } from '../core/check';
import { EngineError, ShapeError, ValueError } from '../core/errors';
import { ROWS, orderOf } from '../core/order';
import { channelsOf } from '../core/rows';
import { formatShape, sameShape } from '../core/shape';
import type { Variable } from '../core/variable';
import { requireSameOrder } from '../lowering/features';
import { add } from '../ops/add';
import { slice } from '../ops/concat';
import type { Graph } from './graph';

/** Where differentiation starts: the gradient of `value` is `gradient`. */
export interface Seed {
  readonly value: Value;
  readonly gradient: Value;
}

/**
 * Seeds for a weighted sum of scalar losses: the gradient of each is its weight.
 * @param graph of the losses; a constant is added to it for each weight
 * @throws {ValueError} for what is no graph or no loss, or a weight that is not finite
 */
export const weightedLosses = (
  graph: Graph,
  losses: readonly { readonly value: Value; readonly weight: number }[],
): Seed[] =>
  requireArray('weightedLosses', 'losses', losses).map((loss) => {
    requireObject('weightedLosses', 'the graph', graph, ['nodes', 'constant']);
    requireObject('weightedLosses', 'a loss', loss, ['value']);
    const { value, weight } = loss;
    requireNumber(value.label, 'the weight of a loss', weight);
    return { value, gradient: graph.constant(`${value.label}.weight`, [], Float32Array.of(weight)) };
  });

/** Values whose gradient is wanted, directly or because a wanted one depends on them. */
function dependents(graph: Graph, targets: Iterable<Value>): Set<Value> {
  const wanted = new Set(targets);
  for (const { inputs, outputs } of graph.nodes) {
    if (Object.values(inputs).some((value) => wanted.has(value))) {
      for (const output of Object.values(outputs)) wanted.add(output);
    }
  }
  return wanted;
}

/** @throws {ShapeError | ValueError} unless a gradient has the shape of its value, and memory holds both in one order */
function requireGradient(value: Value, gradient: Value, from: string): void {
  const { label, shape } = value;
  if (!sameShape(shape, gradient.shape)) {
    const got = `${formatShape(gradient.shape)} from ${from}`;
    throw new ShapeError(label, `a gradient must have the shape ${formatShape(shape)}`, got);
  }
  const [needed, order] = [orderOf(value), orderOf(gradient)];
  if (order !== needed) {
    const got = `${order.name} from ${from}`;
    throw new ValueError(label, `a gradient must lie in memory as ${needed.name}`, got);
  }
  requireSameOrder(label, { value, gradient }, `${from} must give the plane of the value`);
}

function sharedVariable(nodes: Graph['nodes'], variable: Value): EngineError {
  const readers = nodes.flatMap(({ label, inputs }) =>
    Object.entries(inputs).flatMap(([name, value]) => (value === variable ? [`${label} (${name})`] : [])),
  );
  const problem = 'has several gradients, which are added up only where they lie as rows of channels';
  const got = `${orderOf(variable).name}, read by ${readers.join(', ')}`;
  const advice = 'give each layer a variable of its own, or freeze this one';
  return new EngineError(variable.label, problem, got, advice);
}

/**
 * A variable's gradient is written to its place among the gradients, and nothing reads it there. One that other nodes read,
 * that two variables share or that only names another's memory is copied to the place.
 */
function copyShared(graph: Graph, forward: number): void {
  const { nodes, variables, gradients } = graph;
  const read = new Set(nodes.flatMap(({ inputs }) => Object.values(inputs)));
  const own = new Set(
    nodes.slice(forward).flatMap(({ op, outputs }) => (op.sharesMemory ? [] : Object.values(outputs))),
  );
  const found = [...variables.values()].flatMap(({ value }) => {
    const gradient = gradients.get(value);
    return gradient ? [{ value, gradient }] : [];
  });
  for (const { value, gradient } of found) {
    const isRead = read.has(gradient) && orderOf(gradient) === ROWS;
    const isShared = found.filter((other) => other.gradient === gradient).length > 1;
    if (!isRead && !isShared && own.has(gradient)) continue;
    const all = { first: 0, channels: channelsOf(gradient) };
    gradients.set(value, graph.apply(slice, { x: gradient }, all, `${value.label}.gradient`).y);
  }
}

/**
 * Appends the nodes that compute gradients, last node first, and records in `graph.gradients` the gradient of
 * every value on the way. Where a value is read more than once its gradients are added.
 *
 * @param targets values besides the trained variables whose gradients are wanted, for example inputs
 * @param isTrained default: what the variables say of themselves
 * @param seeds the values to differentiate, each with the gradient that arrives at it
 * @throws {ShapeError | ValueError} if a gradient has another shape, plane or order than its value
 * @throws {EngineError} if an op on the way has no gradient, weights are read twice, or the graph has its gradients
 */
export function differentiate(
  graph: Graph,
  seeds: readonly Seed[],
  targets: readonly Value[] = [],
  isTrained: (variable: Variable) => boolean = ({ trainable }) => trainable,
): void {
  requireObject('differentiate', 'the graph', graph, ['nodes', 'gradients']);
  requireArray('differentiate', 'seeds', seeds);
  requireArray('differentiate', 'targets', targets);
  requireFunction('differentiate', 'isTrained', isTrained);
  if (graph.forwardNodes !== undefined) {
    const advice = 'give it the graph as it was before, or a copy of that';
    throw new EngineError('differentiate', 'the graph has its gradients already', undefined, advice);
  }
  const forward = graph.nodes.length;
  const trained = [...graph.variables.values()].filter(({ variable }) => isTrained(variable));
  const wanted = dependents(graph, [...trained.map(({ value }) => value), ...targets]);
  const { gradients } = graph;

  const accumulate = (value: Value, gradient: Value, from: string): void => {
    requireGradient(value, gradient, from);
    const other = gradients.get(value);
    if (other && value.role === 'variable' && orderOf(value) !== ROWS)
      throw sharedVariable(graph.nodes.slice(0, forward), value);
    const sum = other
      ? graph.apply(add, { x0: other, x1: gradient }, {}, `${value.label}.gradient_sum`).y
      : gradient;
    gradients.set(value, sum);
  };

  for (const seed of seeds) {
    requireObject('differentiate', 'a seed', seed, ['value', 'gradient']);
    const { value, gradient } = seed;
    requireObject('differentiate', 'the value of a seed', value, ['label', 'shape']);
    requireObject('differentiate', 'the gradient of a seed', gradient, ['label', 'shape']);
    accumulate(value, gradient, 'a seed');
  }
  for (const node of graph.nodes.slice(0, forward).reverse()) {
    const outputs = Object.entries(node.outputs).filter(([, value]) => gradients.has(value));
    const inputs = Object.entries(node.inputs).filter(([, value]) => wanted.has(value));
    if (outputs.length === 0 || inputs.length === 0) continue;
    if (!node.op.backward) throw new EngineError(node.label, `${node.op.name} has no gradient`);
    const d = Object.fromEntries(outputs.map(([name, value]) => [name, gradients.get(value) as Value]));
    const names = new Set(inputs.map(([name]) => name));
    const found = node.op.backward(graph, { ...node, attrs: node.attrs as never }, d, names);
    for (const [name, value] of inputs) {
      const gradient = found[name];
      if (gradient) accumulate(value, gradient, `${node.op.name} at ${node.label} (${name})`);
    }
  }
  copyShared(graph, forward);
  graph.forwardNodes = forward;
}
