import type { Engine } from '../gpu/engine';
import type { Direction } from '../ops/cases/support/op_case';

export type { Direction };

export type Tensors = Readonly<Record<string, ArrayLike<number>>>;

/** Work whose numbers are known. */
export interface Check {
  /** `op/what is special`. */
  readonly name: string;
  /** The kernel that it is about, of those in src/ops/conv/launch.ts; left out where there is no choice. */
  readonly kernel?: string;
  /** Directions that it looks at. */
  readonly directions: readonly Direction[];
  /** The direction that computes a tensor; undefined where the check is not about it. */
  directionOf(tensor: string): Direction | undefined;
  /** Largest difference of a sum from the expected one, relative to the tensor's scale. */
  readonly tolerance: number;
  /** Runs it, twice. Repeats must be identical bit by bit. */
  run(engine: Engine): Promise<readonly [Tensors, Tensors]>;
  /** The right numbers, computed here and now in float64. Default: sums of them stand in expected.json. */
  readonly right?: () => Tensors;
  /** Default: `signedSums`. */
  readonly summarise?: (tensor: string, values: ArrayLike<number>) => readonly number[];
}

/** What an op is called in reports: `conv2d` of `conv2d/3x3`. */
export const opOf = ({ name }: Pick<Check, 'name'>): string => name.split('/')[0] ?? name;
