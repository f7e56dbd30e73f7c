import type { Op } from '../../../core/op';
import type { Shape } from '../../../core/shape';
import type { CaseInput, OpCase, Tolerance } from './op_case';
import type { Reference } from './tensor';

/** Random choices. */
export interface Draw {
  /** A whole number from 0 up to, but not, `count`. */
  below(count: number): number;
  pick<T>(items: readonly T[]): T;
}

/** An op as a random graph applies it to one of its values. */
export interface RandomUse {
  readonly attrs: unknown;
  /** Name of the input that the value goes to. Default: x. */
  readonly x?: string;
  /** Shapes of other inputs: weights, or values of the graph. */
  readonly others?: Readonly<Record<string, Shape>>;
}

/** How `layers` takes an op. */
export interface LayerUse {
  /** Default: the op's own name. */
  readonly name?: string;
  /** What follows the name and x. Default: nothing. */
  readonly further?: readonly unknown[];
  /** Arguments, by position, that may also be these of the fuzz test's junk. */
  readonly takes?: Readonly<Record<number, readonly string[]>>;
  /** Shape of an x that fits, if images do not. */
  readonly x?: Shape;
}

/**
 * All that tests, doctor, random graphs and benchmarks know of an op. In place of `random` or `layer` a text may say why the
 * op has none.
 */
export interface OpTable {
  readonly op: Op;
  readonly reference: Reference;
  readonly cases: readonly OpCase[];
  /** True where float32 makes no error, so that PyTorch's zeros are binding: the op moves, chooses or once adds numbers. */
  readonly exact: boolean;
  readonly random: ((draw: Draw, x: Shape) => RandomUse | undefined) | string;
  readonly layer: LayerUse | string;
  /** Why PyTorch's numbers are not compared with. */
  readonly noTorch?: string;
}

interface GivenCase<I extends string, A> extends Pick<OpCase, 'name' | 'step' | 'doctor' | 'torch'> {
  readonly inputs: Readonly<Record<I, CaseInput>>;
  readonly attrs: A;
  /** All float32 inputs unless given. */
  readonly gradients?: readonly I[];
  /** The same inputs unless given. */
  readonly differences?: readonly I[];
  /** The table's unless given. */
  readonly reference?: Reference<A>;
  readonly tolerance?: Tolerance;
}

interface GivenTable<I extends string, A> extends Pick<OpTable, 'noTorch'> {
  readonly reference: Reference<A>;
  /** State in a comment how often an element is rounded, and how much that may come to. */
  readonly tolerance: Tolerance;
  readonly cases: readonly GivenCase<I, A>[];
  readonly exact?: boolean;
  /** Default: on any value, with the attributes of the first case. */
  readonly random?: OpTable['random'];
  readonly layer?: OpTable['layer'];
}

/** The table of an op, whose cases fit it as the compiler sees them. */
export function opTable<I extends string, O extends string, A>(
  op: Op<I, O, A>,
  {
    reference,
    tolerance,
    cases,
    exact = false,
    random,
    layer = {},
    ...rest
  }: GivenTable<NoInfer<I>, NoInfer<A>>,
): OpTable {
  const complete = (given: GivenCase<I, A>): OpCase => {
    const floats = Object.entries<CaseInput>(given.inputs).filter(([, { dtype = 'f32' }]) => dtype === 'f32');
    const gradients = given.gradients ?? floats.map(([name]) => name);
    return { reference, tolerance, differences: gradients, ...given, op, gradients };
  };
  const attrs = cases[0]?.attrs;
  return {
    ...rest,
    op,
    reference,
    exact,
    layer,
    random: random ?? (() => ({ attrs })),
    cases: cases.map(complete),
  };
}

/** Numbers as a tuple of Python. */
export const tuple = (numbers: readonly number[]): string => `(${numbers.join(', ')},)`;
