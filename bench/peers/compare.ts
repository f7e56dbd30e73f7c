import type { Task } from './problem';

/** Largest error of scores relative to the largest score, and of losses relative to the loss. */
export const TOLERANCE = 1e-3;
/**
 * Norm of a gradient tensor's error relative to its norm. Wider than for scores: where float32 sums in another order turn
 * a ReLU on or a maximum to its neighbour, single entries change by all they have, in any two frameworks.
 */
export const GRADIENT_TOLERANCE = 1e-2;

/** How far a contender is from the reference, in the first run. */
export interface Agreement {
  readonly scores?: number;
  readonly loss?: number;
  /** By parameter. */
  readonly gradients?: Readonly<Record<string, number>>;
}

/** What the first run of a contender left. */
export interface FirstOutcome {
  readonly scores?: Float32Array;
  readonly loss?: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** Largest difference relative to the largest magnitude of the reference; infinite where lengths differ. */
export function largestError(got: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (got.length !== reference.length) return Infinity;
  let difference = 0;
  let most = 0;
  for (let index = 0; index < reference.length; index++) {
    // Written so that a NaN stays.
    difference = Math.max(difference, Math.abs(got[index]! - reference[index]!));
    most = Math.max(most, Math.abs(reference[index]!));
  }
  return most > 0 ? difference / most : Infinity;
}

/** Euclidean norm of the difference relative to that of the reference; infinite where lengths differ. */
export function normError(got: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (got.length !== reference.length) return Infinity;
  let difference = 0;
  let whole = 0;
  for (let index = 0; index < reference.length; index++) {
    difference += (got[index]! - reference[index]!) ** 2;
    whole += reference[index]! ** 2;
  }
  return whole > 0 ? Math.sqrt(difference / whole) : Infinity;
}

export function agreementOf(got: FirstOutcome, reference: FirstOutcome): Agreement {
  const { scores, loss, gradients } = got;
  const none = new Float32Array();
  return {
    ...(scores && { scores: largestError(scores, reference.scores ?? none) }),
    ...(loss !== undefined && { loss: largestError([loss], [reference.loss ?? NaN]) }),
    ...(gradients.size > 0 && {
      gradients: Object.fromEntries(
        [...gradients].map(([name, values]) => [
          name,
          normError(values, reference.gradients.get(name) ?? none),
        ]),
      ),
    }),
  };
}

/** What is too far apart, in words; empty if nothing is. A NaN is too far. */
export function disagreements({ scores = 0, loss = 0, gradients = {} }: Agreement): string[] {
  const measured = [
    ['scores', scores, TOLERANCE],
    ['loss', loss, TOLERANCE],
    ...Object.entries(gradients).map(
      ([name, error]) => [`gradient of ${name}`, error, GRADIENT_TOLERANCE] as const,
    ),
  ] as const;
  return measured.flatMap(([what, error, most]) =>
    error <= most ? [] : [`${what} by ${error.toExponential(1)} (at most ${most})`],
  );
}

/** What a task compares, in words. */
export const COMPARED: Readonly<Record<Task, string>> = {
  forward: 'scores',
  train: 'losses and gradients',
  gradients: 'loss and gradients',
};
