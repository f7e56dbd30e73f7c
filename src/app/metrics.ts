import type { Guess } from '../train/classifier';
import type { Evaluation } from './events';

/** What is known of a judged picture. */
export interface JudgedPicture {
  /** Its class. */
  readonly label: number;
  /** The likeliest classes, best first: five, or all of fewer. */
  readonly top: readonly Guess[];
  /** Of its class. */
  readonly probability: number;
}

/** @param pictures one at least */
export function judgementOf(classes: readonly string[], pictures: readonly JudgedPicture[]): Judgement {
  const labels = pictures.map(({ label }) => label);
  const guesses = pictures.map(({ top }) => top[0]?.class ?? -1);
  const losses = pictures.map(({ probability }) => -Math.log(probability));
  return {
    classes,
    labels,
    guesses,
    count: pictures.length,
    correct: labels.filter((label, index) => label === guesses[index]).length,
    amongFive: pictures.filter(({ label, top }) => top.some((guess) => guess.class === label)).length,
    loss: losses.reduce((a, b) => a + b, 0) / pictures.length,
    probabilities: pictures.map(({ top }) => top[0]?.probability ?? 0),
  };
}

/** How one class fared. */
export interface ClassResult {
  readonly class: string;
  /** Pictures of it. */
  readonly count: number;
  readonly correct: number;
  /** Pictures that were taken for it. */
  readonly taken: number;
}

/** Rows: the class; columns: what its pictures were taken for; each a count. */
export function confusionOf({ classes, labels, guesses }: Judged): number[][] {
  const counts = classes.map(() => new Array<number>(classes.length).fill(0));
  labels.forEach((label, index) => {
    const row = counts[label];
    const guess = guesses[index];
    if (row && guess !== undefined) row[guess] = (row[guess] ?? 0) + 1;
  });
  return counts;
}

/** An evaluation without views of its pictures. */
export type Judgement = Omit<Evaluation, 'shown'>;

/** What an evaluation holds of each picture. */
export type Judged = Pick<Evaluation, 'classes' | 'labels' | 'guesses'>;

/** Each class by itself, in their order. */
export function perClass(judged: Judged): ClassResult[] {
  const counts = confusionOf(judged);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return judged.classes.map((name, at) => ({
    class: name,
    count: sum(counts[at] ?? []),
    correct: counts[at]?.[at] ?? 0,
    taken: sum(counts.map((row) => row[at] ?? 0)),
  }));
}

/** Pictures whose guess had about the same probability. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean probability of the guesses. */
  readonly said: number;
  /** Share of them that were right. */
  readonly right: number;
}

/**
 * Whether guesses are right as often as their probabilities say: ten bins of equal width, without those that are empty, and
 * the mean difference weighted by their pictures (expected calibration error: Guo et al. 2017, "On calibration of modern
 * neural networks", equation 3).
 */
export function calibrationOf({
  labels,
  guesses,
  probabilities,
}: Omit<Judged, 'classes'> & Pick<Evaluation, 'probabilities'>): {
  readonly bins: readonly CalibrationBin[];
  readonly error: number;
} {
  const BINS = 10;
  const bins = Array.from({ length: BINS }, (_, bin) => {
    const members = probabilities.flatMap((probability, index) =>
      Math.min(BINS - 1, Math.floor(probability * BINS)) === bin ? [index] : [],
    );
    const mean = (of: (index: number) => number): number =>
      members.reduce((sum, index) => sum + of(index), 0) / members.length;
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      count: members.length,
      said: mean((index) => probabilities[index] ?? 0),
      right: mean((index) => Number(labels[index] === guesses[index])),
    };
  }).filter(({ count }) => count > 0);
  const off = bins.reduce((sum, { count, said, right }) => sum + count * Math.abs(said - right), 0);
  return { bins, error: off / Math.max(1, labels.length) };
}
