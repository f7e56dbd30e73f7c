import { shown } from './check';
import { ShapeError } from './errors';
import * as is from './rules';
import type { Axis, Order, TensorSpec } from './op';
import { atOnce } from './slices';
import { gather, scatter } from './order';
import { formatShape, requireRank, roundUp, sameShape, sizeOf, type Shape } from './shape';

/** Drawn at random, by the scheme that `Parameters.create` is given. */
export interface Drawn {
  /** A bias begins at 0 but with PyTorch's scheme. */
  readonly draw: 'weight' | 'bias';
  /** Inputs summed by one output of the layer: scales the numbers. */
  readonly fanIn: number;
}

/** A named tensor that outlives programs: a weight, a bias, a running statistic. Name and shape are PyTorch's. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** How memory holds it: a value of the op that reads it, such as `conv2d.orders.w`. */
  readonly order: Order;
  /** For a linear layer on a flattened plane: the plane whose memory order the rows follow. */
  readonly plane?: TensorSpec['plane'];
  /** Variables of one order with the same `merge` lie side by side in one matrix, in the order declared. */
  readonly merge?: string;
  /** A number for all, or how numbers are drawn. */
  readonly initial: number | Drawn;
  /** Whether training changes it. What is not trained has no gradient and costs an optimizer nothing. */
  readonly trainable: boolean;
  /** The first step that changes it; the optimizer follows its gradients before, too. Default 0. */
  readonly from?: number;
  /** Factors on the learning rate and on the weight decay. */
  readonly rateScale: number;
  readonly decayScale: number;
}

/** What a factor on a rate or a decay may be. */
export const SCALE = is.number({ least: 0 });

export const variableSpec = ({ shape, plane, order }: Variable): TensorSpec => ({
  shape,
  dtype: 'f32',
  order,
  ...(plane && { plane }),
});

/** Where a variable lies in a flat buffer, in elements. */
export interface Place {
  readonly variable: Variable;
  readonly rows: number;
  readonly columns: number;
  /** First element of the variable. */
  readonly offset: number;
  /** Elements from one row to the next. */
  readonly stride: number;
  /** The matrix that holds it, alone or merged: what a kernel binds. Starts at a multiple of 256 bytes. */
  readonly matrix: { readonly offset: number; readonly elements: number };
}

/** Where the tensors of a flat buffer lie: variables, their gradients, or what an optimizer keeps of each. */
export interface FlatLayout {
  /** By name, in the order declared, which is PyTorch's order of a state dict. */
  readonly places: ReadonlyMap<string, Place>;
  readonly elements: number;
}

const ALIGNMENT = 64; // elements: WebGPU binds at multiples of 256 bytes

function matrixSize(variable: Variable): readonly [rows: number, columns: number] {
  const { name, shape, order } = variable;
  if (order.shape !== undefined) requireRank(name, order.name, shape, order.shape);
  const spec = variableSpec(variable);
  return [order.rows(spec), order.columns(spec)];
}

/**
 * Places variables one after the other in one flat buffer; merged ones share the rows of one matrix.
 * @throws {ShapeError} naming a variable whose shape its order cannot hold, or that does not fit to those it merges with
 */
export function layoutVariables(variables: readonly Variable[]): FlatLayout {
  const groups = new Map<string, Variable[]>();
  for (const variable of variables) {
    const { name, merge, order } = variable;
    const key = merge === undefined ? `alone ${name}` : `${order.name} ${merge}`;
    groups.set(key, [...(groups.get(key) ?? []), variable]);
  }
  const places = new Map<string, Place>();
  let end = 0;
  for (const members of groups.values()) {
    const sizes = members.map(matrixSize);
    const rows = sizes[0]?.[0] ?? 0;
    const width = sizes.reduce((sum, [, columns]) => sum + columns, 0);
    const stride = members[0]?.order.padded ? roundUp(width, 4) : width;
    const matrix = { offset: end, elements: rows * stride };
    let column = 0;
    members.forEach((variable, index) => {
      const [ownRows, columns] = sizes[index] as readonly [number, number];
      if (ownRows !== rows) {
        const problem = `must have as many rows as ${members[0]?.name}, to lie beside it: ${rows}`;
        const advice = 'give it another merge, or none';
        throw new ShapeError(variable.name, problem, `${ownRows} rows`, advice);
      }
      places.set(variable.name, { variable, rows, columns, offset: end + column, stride, matrix });
      column += columns;
    });
    end = roundUp(end + rows * stride, ALIGNMENT);
  }
  const declared = variables.map(({ name }) => [name, places.get(name) as Place] as const);
  return { places: new Map(declared), elements: end };
}

export const axesOf = ({ variable, stride }: Pick<Place, 'variable' | 'stride'>): readonly Axis[] =>
  variable.order.axes(variableSpec(variable), stride);

/** A variable's numbers out of the flat buffer's contents, in PyTorch's order. */
export function readPlace(place: Place, flat: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const values = new Float32Array(sizeOf(place.variable.shape));
  atOnce(gather(axesOf(place), flat, values, place.offset));
  return values;
}

/** Writes a variable's numbers, given in PyTorch's order, into a copy of the flat buffer. */
export const writePlace = (place: Place, values: ArrayLike<number>, flat: Float32Array): void =>
  atOnce(scatter(axesOf(place), values, flat, place.offset));

/** @throws {ShapeError} unless a tensor has the variable's shape and as many numbers */
export function requireTensor(
  { name, shape }: Variable,
  tensor: { readonly shape: Shape; readonly data: ArrayLike<number> },
): void {
  if (!Array.isArray(tensor.shape) || !sameShape(tensor.shape, shape)) {
    throw new ShapeError(name, `the network has the shape ${formatShape(shape)}`, shown(tensor.shape));
  }
  const count = sizeOf(shape);
  const { data } = tensor;
  if (data.length !== count) {
    const got = shown(data.length);
    throw new ShapeError(name, `needs ${count} numbers for the shape ${formatShape(shape)}`, got);
  }
}
