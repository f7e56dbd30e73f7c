// What a graph refuses of those who build it.
import type { Named, Op, Order, TensorSpec, Value } from '../core/op';
import { requireFunction, requireObject, requireOneOf, requireText, shown } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { ROWS, orderOf } from '../core/order';
import { formatShape, requireRank, sizeOf, type Shape } from '../core/shape';
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

/** Only features may be a flattened plane, and must be all of it. */
export function requirePlane(where: string, shape: Shape, plane: Shape | undefined): void {
  if (plane === undefined) return;
  const whole = Array.isArray(plane) && plane.every((size) => Number.isSafeInteger(size) && size > 0);
  if (whole && plane.length === 3 && shape.length === 2 && sizeOf(plane) === shape[1]) return;
  const problem = 'plane must be (C, H, W), whole sizes whose product is the F of a shape (N, F)';
  throw new ShapeError(where, problem, `${shown(plane)} for the shape ${formatShape(shape)}`);
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
  requireOneOf(where, 'dtype', spec.dtype, ['f32', 'u32']);
}
