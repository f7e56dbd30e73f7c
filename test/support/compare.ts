/** How far a tensor is from its reference. */
export interface Distance {
  /** Largest difference, relative to the reference's largest magnitude. */
  readonly relative: number;
  /** Sum of squared differences over sum of squares of the reference. */
  readonly nmse: number;
  /** Where the largest difference is, in PyTorch's order, and what stands there. */
  readonly worst: { readonly index: number; readonly got: number; readonly expected: number };
}

/** Equal numbers, NaN and infinities included, are no distance apart; a NaN on one side only is infinitely far. */
export function distance(got: ArrayLike<number>, expected: ArrayLike<number>): Distance {
  if (got.length !== expected.length) {
    throw new Error(`compare: needs equal lengths; got ${got.length}, expected ${expected.length}`);
  }
  let largest = 0;
  let squares = 0;
  let errors = 0;
  let worst = { index: 0, got: got[0] ?? 0, expected: expected[0] ?? 0 };
  let farthest = -1;
  for (let index = 0; index < expected.length; index++) {
    const a = got[index] as number;
    const b = expected[index] as number;
    const same = Object.is(a, b) || a === b;
    const difference = same ? 0 : Number.isFinite(a - b) ? Math.abs(a - b) : Infinity;
    if (Number.isFinite(b)) {
      largest = Math.max(largest, Math.abs(b));
      squares += b * b;
    }
    errors += difference * difference;
    if (difference > farthest) {
      farthest = difference;
      worst = { index, got: a, expected: b };
    }
  }
  const ratio = (error: number, scale: number): number => (error === 0 ? 0 : error / scale);
  return { relative: ratio(Math.max(0, farthest), largest), nmse: ratio(errors, squares), worst };
}

/** In words; JSON would make null of a NaN or an infinity. */
export const shownDistance = ({ relative, nmse, worst: { index, got, expected } }: Distance): string =>
  `element ${index} is ${got}, should be ${expected}; ${relative} of the largest, NMSE ${nmse}`;
