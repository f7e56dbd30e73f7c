import { uniform } from '../../src/core/random';
import { sizeOf, type Padding, type Shape } from '../../src/core/shape';

/** A tensor as PyTorch computed it; make_ops.py says how. */
interface PytorchOutput {
  readonly shape: Shape;
  /** Error of PyTorch's own float32 against its float64, relative to the largest magnitude. */
  readonly float32: number;
  /** Float32 numbers in base64, little-endian, row-major. */
  readonly data: string;
}

/** One entry of test/fixtures/ops/*.json: a case of src/ops/cases, by name. */
export interface PytorchOp {
  readonly name: string;
  /** What PyTorch was asked for. */
  readonly torch: string;
  readonly outputs: Readonly<Record<string, PytorchOutput>>;
}

/** One entry of test/fixtures/layers.json; op_cases.py says what each number is. */
export interface PytorchCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly attrs: {
    readonly stride?: readonly [number, number];
    readonly padding?: Padding;
    readonly relu?: boolean;
  };
  readonly outputs: Readonly<Record<string, PytorchOutput>>;
}

/** The numbers that PyTorch was given for a tensor of a layer, bit for bit. */
export const pytorchTensor = ({ name }: PytorchCase, key: string, shape: Shape): Float32Array<ArrayBuffer> =>
  uniform(sizeOf(shape), 1, 1, `${name}.${key}`);

/** The numbers that PyTorch gave. */
export function pytorchNumbers({ data }: PytorchOutput): Float32Array {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
