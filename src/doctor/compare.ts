import { EngineError } from '../core/errors';
import type { Check, Direction, Tensors } from './check';
import { EXPECTED, type Expected, type Summary } from './expected';
import { signedSums } from './sums';

export interface Result {
  readonly ok: boolean;
  /** The tensor that is farthest off. */
  readonly tensor?: string;
  /**
   * Largest difference of one of the sums that stand for a tensor, over the tensor's largest magnitude (its norm, for
   * gradients of the network); infinite where a number is not finite.
   */
  readonly error?: number;
  /** How many of the tensor's sums are off, of how many: few where some elements are wrong, all where most are. */
  readonly wrongSums?: readonly [wrong: number, of: number];
  /** Set where a second run gave other bits. */
  readonly differs?: true;
}

/** @param expected for tests of the comparison itself */
export function compare(
  check: Check,
  direction: Direction,
  [first, second]: readonly [Tensors, Tensors],
  expected: Expected = EXPECTED,
): Result {
  let worst: Result | undefined;
  for (const [tensor, summary] of Object.entries(summariesOf(check, expected))) {
    if (check.directionOf(tensor) !== direction) continue;
    const result = compareTensor(check, tensor, first[tensor] ?? [], summary);
    if (!worst || (result.error ?? 0) > (worst.error ?? 0)) worst = result;
  }
  if (!worst) throw new EngineError(check.name, 'has no expected numbers', direction);
  const differs = Object.keys(first).some(
    (tensor) =>
      check.directionOf(tensor) === direction && !sameBits(first[tensor] ?? [], second[tensor] ?? []),
  );
  return differs ? { ...worst, ok: false, differs } : worst;
}

/** What is expected of each tensor. */
function summariesOf(check: Check, { [check.name]: committed = {} }: Expected): Expected[string] {
  if (!check.expected) return committed;
  const tensors = Object.entries(check.expected()).map(([tensor, values]) => {
    const scale = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return [tensor, [scale, ...summary(check, tensor, values)]] as const;
  });
  return Object.fromEntries(tensors);
}

const summary = ({ name, summarise }: Check, tensor: string, values: ArrayLike<number>): readonly number[] =>
  summarise?.(tensor, values) ?? signedSums(`${name}/${tensor}`, values);

function compareTensor(
  check: Check,
  tensor: string,
  values: ArrayLike<number>,
  [scale, ...sums]: Summary,
): Result {
  const { tolerance } = check;
  const got = summary(check, tensor, values);
  const errors = sums.map((sum, index) => {
    const difference = Math.abs((got[index] ?? NaN) - sum);
    return Number.isFinite(difference) ? difference / scale : Infinity;
  });
  const error = Math.max(...errors);
  const wrong = errors.filter((each) => each > tolerance).length;
  const ok = error <= tolerance && got.length === sums.length;
  return { ok, tensor, error, wrongSums: [wrong, sums.length] };
}

/** Zeros of either sign differ in bits, and NaNs are the same. */
const sameBits = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, index) => Object.is(value, b[index]));
