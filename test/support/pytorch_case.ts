import { uniform } from '../../src/core/random';
import { sizeOf, type Padding, type Pair, type Shape } from '../../src/core/shape';

/** One entry of test/fixtures/ops.json; make_ops.py and op_cases.py say what each number is. */
export interface PytorchCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly attrs: {
    readonly kernel?: Pair;
    readonly stride?: Pair;
    readonly padding?: Padding;
    readonly bias?: boolean;
    readonly relu?: boolean;
    readonly labels?: readonly number[];
    /** Inputs are uniform in +-scale. */
    readonly scale?: number;
    readonly steps?: number;
    readonly rate?: number;
    readonly momentum?: number;
    readonly decay?: number;
    readonly beta1?: number;
    readonly beta2?: number;
    readonly epsilon?: number;
  };
  /** Inputs rounded to multiples of 1/4, for ties and exact zeros. */
  readonly coarse?: boolean;
  readonly seed: number;
  readonly outputs: Readonly<Record<string, Shape>>;
  /** Error of PyTorch's own float32 against its float64, by output, relative to the largest magnitude. */
  readonly float32: Readonly<Record<string, number>>;
}

/** The numbers that PyTorch was given for a tensor of a case, bit for bit. */
export function pytorchTensor(
  { name, seed, coarse = false }: PytorchCase,
  key: string,
  shape: Shape,
  bound: number,
): Float32Array<ArrayBuffer> {
  const values = uniform(sizeOf(shape), bound, seed, `${name}.${key}`);
  return coarse && key !== 'dy' ? values.map((value) => Math.floor(value * 4 + 0.5) / 4) : values;
}
