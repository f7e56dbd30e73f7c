import { EngineError } from '../core/errors';
import type { Check, Direction, Tensors } from './check';
import { EXPECTED, summaryOf, type Expected, type Summary } from './expected';
import { signedSums } from './sums';

/** How far numbers are from the right ones. */
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

/** What a check's tensors should come to, by name; none where nobody knows. */
export function expectedOf({ name, right }: Check, expected: Expected = EXPECTED): Expected[string] {
  if (!right) return expected[name] ?? {};
  const sums = Object.entries(right()).map(
    ([tensor, values]) => [tensor, summaryOf(`${name}/${tensor}`, values)] as const,
  );
  return Object.fromEntries(sums);
}

/**
 * @param expected for tests of the comparison itself
 * @throws {EngineError} if no right numbers are known: a mistake of ours, whatever the adapter computes
 */
export function compare(
  check: Check,
  direction: Direction,
  [first, second]: readonly [Tensors, Tensors],
  expected: Expected = EXPECTED,
): Result {
  let worst: Result | undefined;
  for (const [tensor, summary] of Object.entries(expectedOf(check, expected))) {
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

function compareTensor(
  { name, tolerance, summarise }: Check,
  tensor: string,
  values: ArrayLike<number>,
  [scale, ...sums]: Summary,
): Result {
  const got = summarise?.(tensor, values) ?? signedSums(`${name}/${tensor}`, values);
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
