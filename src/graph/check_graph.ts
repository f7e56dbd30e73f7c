// What a graph refuses of those who build it.
import type { Named, Op, Order, TensorSpec, Value } from '../core/op';
import { requireFunction, requireObject, requireOneOf, requireText, shown } from '../core/check';
import { ValueError } from '../core/errors';
import { ROWS, orderOf } from '../core/order';
import { requirePlane } from '../core/spec';
import { requireKnown } from '../core/options';
import * as is from '../core/rules';
import { SCALE, type Drawn, type Variable } from '../core/variable';

/** What may be said of a variable. */
export const VARIABLE_FIELDS = [
  'name',
  'shape',
  'order',
  'plane',
  'merge',
  'initial',
  'trainable',
  'rateScale',
  'decayScale',
] as const satisfies readonly (keyof Variable)[];

/** @throws {ValueError} unless memory holds a tensor in the order that is needed */
export function requireOrder(where: string, name: string, value: Value, needed: Order): void {
  const order = orderOf(value);
  if (order === needed) return;
  const problem = `${name} must lie in memory as ${needed.name}`;
  const advice =
    order.name === needed.name
      ? 'give the order itself, not a copy of it'
      : needed === ROWS
        ? undefined
        : 'take a graph.variable of that order';
  throw new ValueError(where, problem, `${value.label}, which lies as ${order.name}`, advice);
}

const DRAWN = ['draw', 'fanIn'] as const satisfies readonly (keyof Drawn)[];

export function requireVariable(variable: Variable): void {
  const { name, shape, order, plane, merge, initial, trainable, rateScale, decayScale } = variable;
  requireObject(name, 'order', order, ['name', 'rows', 'columns', 'axes']);
  const parts: Readonly<Record<string, unknown>> = { ...order };
  for (const part of ['rows', 'columns', 'axes']) requireFunction(name, `order.${part}`, parts[part]);
  requireOneOf(name, 'trainable', trainable, [true, false]);
  SCALE(name, 'rateScale', rateScale);
  SCALE(name, 'decayScale', decayScale);
  if (merge !== undefined) requireText(name, 'merge', merge);
  if (typeof initial === 'number') is.number()(name, 'initial', initial);
  else {
    requireObject(name, 'initial', initial, DRAWN);
    requireKnown(`${name}: initial`, initial, DRAWN);
    requireOneOf(name, 'initial.draw', initial.draw, ['weight', 'bias']);
    is.number({ least: 1 })(name, 'initial.fanIn', initial.fanIn);
  }
  requirePlane(name, shape, plane);
}

/** Ops count on the inputs and attributes that their types name; callers from JavaScript may leave some out. */
export function infer<I extends string, O extends string, A>(
  op: Op<I, O, A>,
  inputs: Named<I, Value>,
  attrs: A,
  label: string,
): Named<O, TensorSpec> {
  try {
    return op.infer(label, inputs, attrs);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const got = `inputs ${shown(Object.keys(inputs))}, attributes ${shown(attrs)}`;
    throw new ValueError(label, `${op.name} does not take these inputs and attributes`, got, undefined, {
      cause,
    });
  }
}
