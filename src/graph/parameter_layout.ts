import type { WeightKind } from '../core/op';
import { ShapeError } from '../core/errors';
import { formatShape, roundUp, sizeOf, type Shape } from '../core/shape';
import { tapRowsOf } from '../ops/conv2d';

/** A weight or bias as the graph declares it: name and shape are PyTorch's. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly kind: WeightKind;
  /** Inputs summed by one output of the layer: scales the initial values of weights and, in PyTorch, biases. */
  readonly fanIn: number;
  /** For a linear layer on a flattened plane: the plane whose memory order the rows follow. */
  readonly plane?: readonly [channels: number, height: number, width: number];
  /** Parameters of one kind with the same `merge` lie side by side in one matrix, in the order declared. */
  readonly merge?: string;
}

/** Where a parameter lies in the flat buffer, in elements. */
export interface ParameterPlacement {
  readonly spec: ParameterSpec;
  readonly rows: number;
  readonly columns: number;
  /** First element of the parameter. */
  readonly offset: number;
  readonly stride: number;
  /** The matrix that holds it, alone or merged: what a kernel binds. Starts at a multiple of 256 bytes. */
  readonly matrix: { readonly offset: number; readonly elements: number };
}

export interface ParameterLayout {
  readonly placements: ReadonlyMap<string, ParameterPlacement>;
  readonly elements: number;
}

const ALIGNMENT = 64; // elements: WebGPU binds at multiples of 256 bytes

function matrixSize({ kind, shape, name }: ParameterSpec): readonly [rows: number, columns: number] {
  const [out = 1, input = 1, kernelHeight = 1, kernelWidth = 1] = shape;
  const rank = { convolution: 4, linear: 2, bias: 1 }[kind];
  if (shape.length !== rank) throw new ShapeError(name, `a ${kind} has ${rank} sizes`, formatShape(shape));
  if (kind === 'convolution') return [kernelHeight * kernelWidth * tapRowsOf(input), out];
  return kind === 'linear' ? [input, out] : [1, out];
}

/** Places parameters one after the other in one flat buffer; merged ones share the rows of one matrix. */
export function layoutParameters(specs: readonly ParameterSpec[]): ParameterLayout {
  const groups = new Map<string, ParameterSpec[]>();
  for (const spec of specs) {
    const key = spec.merge === undefined ? `alone ${spec.name}` : `${spec.kind} ${spec.merge}`;
    groups.set(key, [...(groups.get(key) ?? []), spec]);
  }
  const placements = new Map<string, ParameterPlacement>();
  let end = 0;
  for (const members of groups.values()) {
    const sizes = members.map(matrixSize);
    const rows = sizes[0]?.[0] ?? 0;
    const stride = roundUp(
      sizes.reduce((sum, [, columns]) => sum + columns, 0),
      4,
    );
    const matrix = { offset: end, elements: rows * stride };
    let column = 0;
    members.forEach((spec, index) => {
      const [ownRows, columns] = sizes[index] as readonly [number, number];
      if (ownRows !== rows) {
        throw new ShapeError(spec.name, `merged weights must have ${rows} rows`, `${ownRows} rows`);
      }
      placements.set(spec.name, { spec, rows, columns, offset: end + column, stride, matrix });
      column += columns;
    });
    end = roundUp(end + rows * stride, ALIGNMENT);
  }
  // In the order declared, which is PyTorch's order of a state dict.
  const ordered = specs.map(({ name }) => [name, placements.get(name) as ParameterPlacement] as const);
  return { placements: new Map(ordered), elements: end };
}

/**
 * Calls `visit` for each element in PyTorch's order, with its place in the flat buffer: matrices have a row for each
 * input (and tap, for convolutions) and a column for each output.
 */
function eachElement(
  { spec, offset, stride }: ParameterPlacement,
  visit: (index: number, place: number) => void,
): void {
  const [out = 1, input = 1, kernelHeight = 1, kernelWidth = 1] = spec.shape;
  let index = 0;
  if (spec.kind === 'bias') {
    for (; index < out; index++) visit(index, offset + index);
    return;
  }
  if (spec.kind === 'linear') {
    const [channels, height, width] = spec.plane ?? [input, 1, 1];
    const plane = height * width;
    for (let column = 0; column < out; column++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let pixel = 0; pixel < plane; pixel++) {
          visit(index++, offset + (pixel * channels + channel) * stride + column);
        }
      }
    }
    return;
  }
  const taps = kernelHeight * kernelWidth;
  const tapRows = tapRowsOf(input);
  for (let column = 0; column < out; column++) {
    for (let channel = 0; channel < input; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        visit(index++, offset + (tap * tapRows + channel) * stride + column);
      }
    }
  }
}

/** Reads a parameter out of the flat buffer's contents, in PyTorch's order. */
export function readParameter(placement: ParameterPlacement, flat: Float32Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(sizeOf(placement.spec.shape));
  eachElement(placement, (index, place) => (values[index] = flat[place]!));
  return values;
}

/** Writes a parameter, given in PyTorch's order, into a copy of the flat buffer. */
export function writeParameter(
  placement: ParameterPlacement,
  values: Readonly<ArrayLike<number>>,
  flat: Float32Array,
): void {
  eachElement(placement, (index, place) => (flat[place] = values[index]!));
}
